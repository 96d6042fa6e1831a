package site

// Atoms are the ordinals of the atoms that a booking of a unit takes: itself,
// or the parts of a composite. Nothing for a unit that does not exist.
func (n *Network) Atoms(unit int64) []int64 {
	if unit < 1 || unit >= int64(len(n.ordinals)) || n.ordinals[unit] == nil {
		return nil
	}
	if r := n.ordinals[unit]; r.Composite() {
		return r.Atoms
	}
	return n.itself[unit : unit+1 : unit+1]
}

// Atoms are those of the network as it is now.
func (l *Live) Atoms(unit int64) []int64 { return l.Network().Atoms(unit) }

// numbers are 0, 1, 2, … up to and with last: each atom is a piece of length
// one of it, so that asking for atoms makes no garbage.
func numbers(last int64) []int64 {
	list := make([]int64, last+1)
	for i := range list {
		list[i] = int64(i)
	}
	return list
}
