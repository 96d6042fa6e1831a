package fiscal

import (
	"fmt"
	"strings"
)

// digits is the length of a partita IVA.
const digits = 11

// CheckPartitaIVA says whether eleven digits agree with the last of them, as in a partita IVA and in an
// organisation's codice fiscale. The errors are ErrLength, ErrCharacter and ErrCheck.
func CheckPartitaIVA(code string) error {
	code = Normalize(code)
	switch {
	case len(code) != digits:
		return ErrLength
	case !allDigits(code):
		return ErrCharacter
	case code[:7] == "0000000", checkDigit(code[:digits-1]) != code[digits-1]:
		return ErrCheck
	}
	return nil
}

// MakePartitaIVA returns the partita IVA of a registration number, 1 to 9,999,999, at a provincial office, 1 to
// 999. The error is ErrNumber.
func MakePartitaIVA(number, office int) (string, error) {
	if number < 1 || number > 9_999_999 || office < 1 || office > 999 {
		return "", ErrNumber
	}
	code := fmt.Sprintf("%07d%03d", number, office)
	return code + string(checkDigit(code)), nil
}

// checkDigit is the last digit of a code, of the ten before it, by the formula of Luhn.
func checkDigit(first10 string) byte {
	sum := 0
	for i := range len(first10) {
		d := int(first10[i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

func allDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
