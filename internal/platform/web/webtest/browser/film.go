package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"rsc.io/qr"
)

// Film draws some texts as QR codes, each for three seconds, as a camera gives
// them: YUV4MPEG2, five pictures a second. Chromium shows it for a camera.
func Film(t testing.TB, texts ...string) string {
	t.Helper()
	const width, height = 640, 480
	file := filepath.Join(t.TempDir(), "film.y4m")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "YUV4MPEG2 W%d H%d F5:1 Ip A1:1 C420jpeg\n", width, height)
	for _, text := range texts {
		code, err := qr.Encode(text, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		picture := make([]byte, width*height*3/2)
		for i := range picture {
			picture[i] = 235 // white
			if i >= width*height {
				picture[i] = 128 // without colour
			}
		}
		size := height / (code.Size + 8)
		left, top := (width-size*code.Size)/2, (height-size*code.Size)/2
		for y := range size * code.Size {
			for x := range size * code.Size {
				if code.Black(x/size, y/size) {
					picture[(top+y)*width+left+x] = 16
				}
			}
		}
		for range 15 {
			if _, err := fmt.Fprintf(f, "FRAME\n%s", picture); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}
