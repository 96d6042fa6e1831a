package drawing

// Worksite draws the front of a house behind a scaffold.
func Worksite(h House) Picture {
	c, l := h.begin()
	c.heaven(l)
	c.behind(h.Landscape, l, 320)
	c.rect(0, 384, width, 60, mix("#a5b98a", l.low, 0.15))
	it, en := h.front(c, l)
	c.street()
	const left, right, top, storey = 170, 630, 150, 68
	for y := float64(top); y < ground; y += storey {
		c.rect(left-8, y, right-left+16, 6, "#c79a5b")
		c.line("M"+num(left)+" "+num(y-26)+"H"+num(right), "#6f7d88", 3)
		if y+storey < ground {
			c.rect(left, y+6, right-left, storey-6, "#7fa889", "opacity", ".28")
		}
	}
	for x := float64(left); x <= right; x += 92 {
		c.rect(x-2, top-40, 5, ground-top+40, "#5d6b76")
	}
	for x := float64(left); x < right; x += 184 {
		c.line("M"+num(x)+" "+num(ground)+"L"+num(x+92)+" "+num(top), "#6f7d88", 3)
	}
	c.rect(80, 372, 64, 48, "#f4f1ea")
	c.path("M112 378L134 414H90Z", "#e0a93b")
	return told([]string{it, phrases[h.Landscape][0], "un ponteggio con le reti davanti"}, []string{en, phrases[h.Landscape][1], "a scaffold with nets in front"}, c.done())
}
