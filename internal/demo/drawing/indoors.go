package drawing

import "fmt"

// OpenSpace draws the room with desks of a house.
func OpenSpace(h House) Picture {
	c, l := h.begin()
	c.heaven(l)
	c.behind(h.Landscape, l, 240)
	n := 2 + c.rng.IntN(2)
	c.walls(l, n, 90, 270)
	c.floorboards(l, 372)
	for i := range 3 {
		c.pendant(170+float64(i)*230+c.between(-20, 20), c.between(60, 90), l)
	}
	c.shelf(pick(c, 18.0, 706.0), 232, l)
	c.desks(l)
	c.plants(1.15, c.between(46, 80), c.between(720, 752))
	windows := [2]string{"due grandi finestre", "two large windows"}
	if n == 3 {
		windows = [2]string{"tre grandi finestre", "three large windows"}
	}
	return told(
		[]string{"una sala luminosa con scrivanie, sedie e schermi", windows[0], "lampade a sospensione", "piante"},
		[]string{"a bright room with desks, chairs and screens", windows[1], "hanging lamps", "plants"}, c.done())
}

// walls paints an inner wall with n windows through which what was painted
// before shows.
func (c *canvas) walls(l look, n int, top, bottom float64) {
	wall := mix(l.wall, "#fbf8f2", 0.72)
	gap := 40.0
	w := (width - 160 - gap*float64(n-1)) / float64(n)
	d := "M0 0H800V380H0z"
	for i := range n {
		x := 80 + float64(i)*(w+gap)
		d += fmt.Sprintf("M%s %sv%sh%sv-%sz", num(x), num(top), num(bottom-top), num(w), num(bottom-top))
	}
	c.path(d, wall, "fill-rule", "evenodd")
	for i := range n {
		x := 80 + float64(i)*(w+gap)
		c.line(fmt.Sprintf("M%s %sh%sv%sh-%szM%s %sv%s", num(x), num(top), num(w), num(bottom-top), num(w), num(x+w/2), num(top), num(bottom-top)),
			lighter(wall, 0.6), 6)
		c.rect(x-8, bottom, w+16, 7, darker(wall, 0.12))
	}
	c.rect(0, 0, width, 34, darker(wall, 0.06))
}

func (c *canvas) floorboards(l look, y float64) {
	c.rect(0, y-10, width, 10, lighter(l.floor, 0.5))
	c.rect(0, y, width, height-y, l.floor)
	d := ""
	for x := -200; x <= 1000; x += 120 {
		d += fmt.Sprintf("M%d %sL%d 500", 400+(x-400)*7/10, num(y), x)
	}
	c.line(d, darker(l.floor, 0.1), 1.5)
}

func (c *canvas) pendant(x, y float64, l look) {
	c.line(fmt.Sprintf("M%s 30V%s", num(x), num(y)), "#55626d", 2)
	c.path(fmt.Sprintf("M%s %sq4 -26 26 -26t26 26z", num(x-26), num(y+22)), l.accent)
	c.ellipse(x, y+22, 24, 5, "#fff3cf")
}

func (c *canvas) shelf(x, y float64, l look) {
	c.rect(x, y, 76, 140, darker(l.floor, 0.25))
	c.shape("k", func() {
		c.rect(0, 0, 66, 38, lighter(l.floor, 0.35))
		for at := 3.0; at < 56; {
			w, h := c.between(6, 11), c.between(20, 32)
			c.rect(at, 38-h, w, h, pick(c, "#c9694f", "#5f86a0", "#e0b45c", "#7a9a72", "#8f7f9a", "#efe6d2"))
			at += w + 1
		}
	})
	for row := range 3 {
		c.use("k", x+5, y+6+float64(row)*45)
	}
}

// desks are two long tables with a person's place every so often.
func (c *canvas) desks(l look) {
	wood := lighter(l.floor, 0.35)
	c.shape("p", func() {
		c.rect(0, -52, 62, 38, "#33424f", "rx", "3")
		c.rect(3, -49, 56, 32, pick(c, "#cfe3ea", "#bcd6c9", "#e8dcc2"))
		c.rect(27, -14, 8, 10, "#5b6873")
		c.rect(17, -5, 28, 4, "#5b6873")
		c.rect(78, -8, 9, 8, l.accent, "rx", "2")
	})
	c.shape("c", func() {
		c.rect(0, -58, 54, 44, l.chair, "rx", "12")
		c.rect(6, -14, 42, 10, darker(l.chair, 0.2), "rx", "5")
		c.path("M25 -4h4v22h-4zM10 18q17 -8 34 0v4q-17 -6 -34 0z", "#47545f")
	})
	for row, y := range []float64{356, 424} {
		n := 5 - row
		from, to := 110.0-float64(row)*10, 690.0+float64(row)*10
		if row == 1 {
			from, to = 130, 670
		}
		c.row("p", n, from, to, 88, y)
		c.rect(from-10, y, to-from+20, 9, wood)
		c.rect(from-10, y+9, to-from+20, 4, darker(wood, 0.2))
		for _, x := range []float64{from + 6, 396, to - 14} {
			c.rect(x, y+13, 7, 34, darker(wood, 0.35))
		}
		c.row("c", n, from, to, 60, y+44)
	}
}

func (c *canvas) plants(scale float64, xs ...float64) {
	green := pick(c, "#4f8a63", "#639a5d", "#3f7d6a")
	c.put(`<defs><g id="l" transform="scale(%s)">`, num(scale))
	for i, leaf := range []string{
		"M0 -30C-10 -80 -40 -90 -52 -84C-46 -60 -26 -40 0 -30z", "M0 -30C6 -84 36 -100 54 -92C50 -64 26 -42 0 -30z",
		"M0 -30C-16 -70 -10 -110 4 -122C18 -104 16 -66 0 -30z", "M0 -30C-20 -46 -50 -46 -60 -34C-40 -22 -18 -22 0 -30z",
		"M0 -30C20 -50 48 -48 60 -36C42 -24 18 -22 0 -30z",
	} {
		c.path(leaf, mix(green, "#dfeec9", float64(i%3)*0.12))
	}
	c.path("M-22 -34h44l-7 34h-30z", pick(c, "#c9794f", "#e6dccb", "#8c98a3"))
	c.put(`</g></defs>`)
	for _, x := range xs {
		c.use("l", x, 454)
	}
}

// Meeting draws a meeting room of a house.
func Meeting(h House) Picture {
	c, l := h.begin()
	c.heaven(l)
	c.behind(h.Landscape, l, 220)
	wall := mix(l.wall, "#fbf8f2", 0.6)
	left := c.chance(50)
	x := 70.0
	if !left {
		x = 490
	}
	c.path(fmt.Sprintf("M0 0H800V400H0zM%s 80v190h240v-190z", num(x)), wall, "fill-rule", "evenodd")
	c.line(fmt.Sprintf("M%s 80h240v190h-240zM%s 80v190M%s 80v190", num(x), num(x+80), num(x+160)), lighter(wall, 0.6), 6)
	c.rect(x-8, 270, 256, 7, darker(wall, 0.12))
	c.screen(560-x, l)
	c.floorboards(l, 372)
	for i := range 2 {
		c.pendant(310+float64(i)*180, 70, l)
	}
	c.chairs(l, 330, 4, 210, 590)
	wood := lighter(l.floor, 0.4)
	c.ellipse(400, 452, 290, 20, darker(l.floor, 0.18))
	c.path("M180 352h440l60 48q4 10 -8 10h-544q-12 0 -8 -10z", wood)
	c.path("M122 408h556v8q0 6 -8 6h-540q-8 0 -8 -6z", darker(wood, 0.18))
	c.path("M230 422h16v40h-16zM554 422h16v40h-16z", darker(wood, 0.35))
	for i := range 3 {
		at := 250 + float64(i)*140
		c.path(fmt.Sprintf("M%s 386l8 -22h44l8 22z", num(at)), "#44525e")
		c.path(fmt.Sprintf("M%s 383l6 -16h36l6 16z", num(at+6)), "#cfe3ea")
		c.rect(at+74, 372, 10, 12, l.accent, "rx", "2")
	}
	c.chairs(l, 428, 4, 150, 650)
	side := 744.0
	if !left {
		side = 56
	}
	c.plants(1.2, side)
	return told(
		[]string{"una sala riunioni con un tavolo e otto sedie", "uno schermo alla parete", "una finestra", "una pianta"},
		[]string{"a meeting room with a table and eight chairs", "a screen on the wall", "a window", "a plant"}, c.done())
}

// screen hangs on the wall and shows a few bars.
func (c *canvas) screen(x float64, l look) {
	c.rect(x, 110, 220, 130, "#33424f", "rx", "6")
	c.rect(x+8, 118, 204, 114, "#f4f7f8")
	for i := range 5 {
		h := c.between(24, 80)
		c.rect(x+34+float64(i)*30, 218-h, 18, h, mix(l.accent, l.chair, float64(i)/4))
	}
	c.rect(x+26, 218, 168, 3, "#9aa7b1")
}

func (c *canvas) chairs(l look, y float64, n int, from, to float64) {
	name := fmt.Sprintf("c%d", int(y))
	c.shape(name, func() {
		c.rect(0, -34, 58, 46, l.chair, "rx", "12")
		c.rect(5, 6, 48, 9, darker(l.chair, 0.22), "rx", "4")
		if y > 400 {
			c.path("M8 15h4v30h-4zM46 15h4v30h-4z", "#47545f")
		}
	})
	c.row(name, n, from, to, 58, y)
}

// Terrace draws the outdoor space of a house.
func Terrace(h House) Picture {
	c, l := h.begin()
	c.heaven(l)
	c.behind(h.Landscape, l, 300)
	deck := pick(c, "#c39a6f", "#b48c66", "#cdae86")
	c.rect(0, 370, width, 130, deck)
	d := ""
	for y := 388; y < height; y += 18 {
		d += fmt.Sprintf("M0 %dh800", y)
	}
	c.line(d, darker(deck, 0.14), 1.5)
	d = ""
	for x := 6; x < width; x += 36 {
		d += fmt.Sprintf("M%d 306v66", x)
	}
	c.line(d, "#51606c", 4)
	c.rect(0, 302, width, 6, "#51606c")
	c.lights()
	for i, x := range []float64{c.between(150, 200), c.between(380, 430), c.between(600, 650)} {
		c.parasol(x, 440+float64(i%2)*18, l, i)
	}
	for _, x := range []float64{20, 700} {
		c.rect(x, 448, 84, 34, darker(l.wall, 0.2))
		for i := range 5 {
			c.circle(x+10+float64(i)*16, 444, c.between(11, 16), pick(c, "#6f9a5f", "#5f8f66", "#83a86a"))
		}
		for i := range 3 {
			c.circle(x+18+float64(i)*24, 438, 4.5, pick(c, "#d96a6a", "#f0c64a", "#f3ece0"))
		}
	}
	return told(
		[]string{"una terrazza con tavoli, ombrelloni e luci", "vasi di fiori", phrases[h.Landscape][0]},
		[]string{"a terrace with tables, sunshades and lights", "flower boxes", phrases[h.Landscape][1]}, c.done())
}

// lights hang from two bows of a wire.
func (c *canvas) lights() {
	for _, bow := range [][3]float64{{-10, 200, 400}, {400, 610, 810}} {
		c.line(fmt.Sprintf("M%s 62Q%s 150 %s 62", num(bow[0]), num(bow[1]), num(bow[2])), "#5b6670", 1.5)
		for i := range 5 {
			t := (float64(i) + 0.5) / 5
			x := (1-t)*(1-t)*bow[0] + 2*t*(1-t)*bow[1] + t*t*bow[2]
			c.circle(x, 62+2*t*(1-t)*88+6, 6, "#ffe2a0")
		}
	}
}

func (c *canvas) parasol(x, y float64, l look, i int) {
	cloth := []string{l.accent, "#f3ead8", l.chair}[i]
	c.rect(x-2.5, y-150, 5, 160, "#6d5a4a")
	c.path(fmt.Sprintf("M%s %sq14 -52 78 -60q64 8 78 60z", num(x-78), num(y-108)), cloth)
	c.path(fmt.Sprintf("M%s %sq6 -50 26 -60q20 10 26 60z", num(x-26), num(y-108)), darker(cloth, 0.1))
	for _, dx := range []float64{-66, 34} {
		c.rect(x+dx, y-44, 32, 26, l.chair, "rx", "6")
		c.path(fmt.Sprintf("M%s %sh32v6h-32zm4 6h3v26h-3zm21 0h3v26h-3z", num(x+dx), num(y-20)), darker(l.chair, 0.3))
	}
	c.ellipse(x, y-24, 40, 7, "#f4efe4")
	c.rect(x-14, y+8, 28, 5, "#6d5a4a")
	c.rect(x+8, y-36, 8, 10, "#9dbccb")
}
