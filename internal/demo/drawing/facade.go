package drawing

import "fmt"

// ground is where houses stand.
const ground = 420

// Facade draws the front of a house with its street.
func Facade(h House) Picture {
	c, l := h.begin()
	c.heaven(l)
	c.behind(h.Landscape, l, 320)
	c.rect(0, 384, width, 60, mix("#a5b98a", l.low, 0.15))
	it, en := h.front(c, l)
	c.street()
	c.tree(h.Landscape, c.between(40, 100), 440, c.between(0.95, 1.2))
	c.tree(h.Landscape, c.between(700, 760), 446, c.between(0.95, 1.25))
	itTrees, enTrees := trees(h.Landscape)
	partsIT, partsEN := []string{it, phrases[h.Landscape][0], itTrees}, []string{en, phrases[h.Landscape][1], enTrees}
	switch c.rng.IntN(3) {
	case 0:
		c.bicycle(c.between(150, 200), 462)
		partsIT, partsEN = append(partsIT, "una bicicletta davanti"), append(partsEN, "a bicycle in front")
	case 1:
		c.bench(c.between(600, 650), 456)
		partsIT, partsEN = append(partsIT, "una panchina davanti"), append(partsEN, "a bench in front")
	default:
		c.lamp(c.between(150, 180), 452)
		partsIT, partsEN = append(partsIT, "un lampione davanti"), append(partsEN, "a street lamp in front")
	}
	return told(partsIT, partsEN, c.done())
}

func (c *canvas) street() {
	c.rect(0, ground, width, 34, "#ded8cc")
	c.rect(0, ground+34, width, 5, "#bdb6a8")
	c.rect(0, ground+39, width, 60, "#8d98a1")
	for x := 20.0; x < width; x += 110 {
		c.rect(x, ground+60, 56, 4, "#eceff1", "opacity", ".8")
	}
}

// front draws the house by its kind of building and says what it is.
func (h House) front(c *canvas, l look) (it, en string) {
	switch h.Building {
	case "industrial":
		c.factory(l)
		return "un’ex fabbrica di mattoni con il tetto a denti di sega", "a former brick factory with a saw-tooth roof"
	case "modern":
		c.glass(l)
		return "un edificio moderno di vetro con il tetto verde", "a modern glass building with a green roof"
	case "headquarters":
		c.tower(l)
		return fmt.Sprintf("un palazzo per uffici %s con file di finestre", l.wallIT), fmt.Sprintf("%s office block with rows of windows", l.wallEN)
	case "historic-post-office":
		c.historic(l)
		return fmt.Sprintf("un palazzo storico delle poste %s con portici e orologio", l.wallIT),
			fmt.Sprintf("%s historic post office with arches and a clock", l.wallEN)
	case "palace":
		c.palace(l)
		return fmt.Sprintf("un palazzo %s con persiane e tetto di tegole", l.wallIT), fmt.Sprintf("%s palace with shutters and a tiled roof", l.wallEN)
	}
	c.postOffice(l)
	return fmt.Sprintf("un ufficio postale basso %s con una tenda gialla", l.wallIT), fmt.Sprintf("%s low post office with a yellow awning", l.wallEN)
}

const glassColour = "#8fb4c6"

// window names a window with a light frame; one pane in two catches the light.
func (c *canvas) window(name string, w, h float64, l look, shutters bool) {
	c.shape(name, func() {
		if shutters {
			c.rect(-w/2, 0, w/2-1, h, l.shutter)
			c.rect(w+1, 0, w/2-1, h, l.shutter)
		}
		c.rect(-3, -3, w+6, h+6, l.trim)
		c.rect(0, 0, w, h, glassColour)
		c.path(fmt.Sprintf("M0 %sL%s 0H%sL0 %sz", num(h*0.7), num(w*0.7), num(w), num(h)), "#b9d3de")
		c.rect(w/2-1, 0, 2, h, l.trim)
		c.rect(-6, h+3, w+12, 4, darker(l.trim, 0.12))
	})
}

// row places a shape n times with equal gaps between two ends.
func (c *canvas) row(name string, n int, from, to, w, y float64) {
	gap := (to - from - float64(n)*w) / float64(n)
	for i := range n {
		c.use(name, from+gap/2+float64(i)*(w+gap), y)
	}
}

// rows places such a row at several heights.
func (c *canvas) rows(name string, n int, from, to, w float64, ys ...float64) {
	c.shape(name+"r", func() { c.row(name, n, from, to, w, 0) })
	for _, y := range ys {
		c.use(name+"r", 0, y)
	}
}

// entrance is a door with a light above and two steps' width of path.
func (c *canvas) entrance(x, w, h float64, l look, arch bool) {
	top := ""
	if arch {
		top = fmt.Sprintf("a%s %s 0 0 1 %s 0", num(w/2), num(w/2), num(w))
	} else {
		top = fmt.Sprintf("h%s", num(w))
	}
	c.path(fmt.Sprintf("M%s %dv-%s%sv%sz", num(x-w/2), ground, num(h), top, num(h)), l.door, "stroke", l.trim, "stroke-width", "6")
	c.rect(x-1, ground-h, 2, h, darker(l.door, 0.35))
	c.circle(x-6, ground-h/2, 2.5, "#f2d27a")
	c.circle(x+6, ground-h/2, 2.5, "#f2d27a")
}

func (c *canvas) palace(l look) {
	w := c.between(340, 420)
	x, top := 400-w/2, float64(ground)-238
	c.rect(x, top, w, 238, l.wall)
	c.rect(x+w*0.72, top, w*0.28, 238, darker(l.wall, 0.1))
	c.rect(x, ground-26, w, 26, darker(l.wall, 0.18))
	c.path(fmt.Sprintf("M%s %sl34 -46h%sl34 46z", num(x-16), num(top), num(w-36)), l.roof)
	c.rect(x-16, top-2, w+32, 8, darker(l.roof, 0.2))
	chimney := x + c.between(60, w-90)
	c.rect(chimney, top-64, 20, 34, darker(l.wall, 0.12))
	c.rect(chimney-3, top-68, 26, 7, l.roof)
	c.window("a", 30, 46, l, true)
	c.rows("a", 5, x, x+w, 30, top+24, top+100)
	c.rect(x, top+86, w, 4, l.trim)
	c.rect(x, top+162, w, 4, l.trim)
	c.row("a", 2, x, x+w*0.4, 30, top+176)
	c.row("a", 2, x+w*0.6, x+w, 30, top+176)
	c.entrance(400, 46, 58, l, true)
	c.balcony(400, top+148, l)
}

func (c *canvas) balcony(x, y float64, l look) {
	c.rect(x-40, y+10, 80, 6, l.trim)
	for i := range 9 {
		c.rect(x-38+float64(i)*9.3, y-12, 2, 22, "#5b6670")
	}
	c.rect(x-40, y-14, 80, 3, "#5b6670")
	for i := range 4 {
		c.circle(x-30+float64(i)*20, y-14, 6, pick(c, "#d96a6a", "#e58f6b", "#cf6a92"))
	}
}

func (c *canvas) historic(l look) {
	w := c.between(420, 480)
	x, top := 400-w/2, float64(ground)-220
	c.rect(x, top, w, 220, l.wall)
	c.rect(x, ground-96, w, 96, lighter(l.wall, 0.25))
	c.rect(x-12, top-10, w+24, 14, l.trim)
	c.rect(x-8, ground-102, w+16, 8, l.trim)
	c.rect(340, top-50, 120, 44, l.wall)
	c.path(fmt.Sprintf("M328 %sl72 -34 72 34z", num(top-50)), l.trim)
	c.circle(400, top-28, 17, "#fbf8ef", "stroke", darker(l.wall, 0.3), "stroke-width", "3")
	c.line(fmt.Sprintf("M400 %sv-11M400 %sl8 4", num(top-28), num(top-28)), "#33424f", 2.5)
	c.window("a", 32, 58, l, false)
	c.row("a", 7, x+6, x+w-6, 32, top+36)
	c.shape("b", func() {
		c.path("M0 84v-56a25 25 0 0 1 50 0v56z", darker(l.wall, 0.45))
		c.path("M5 84v-55a20 20 0 0 1 40 0v55z", "#9dbccb")
		c.rect(23, 8, 4, 76, l.trim)
	})
	c.row("b", 6, x+8, x+w-8, 50, ground-84)
	c.entrance(400, 52, 56, l, true)
	c.rect(330, ground-4, 140, 6, "#cfc8ba")
}

func (c *canvas) postOffice(l look) {
	w := c.between(400, 470)
	x, top := 400-w/2, float64(ground)-150
	c.rect(x, top, w, 150, l.wall)
	c.rect(x+w*0.74, top, w*0.26, 150, darker(l.wall, 0.08))
	c.rect(x-10, top-16, w+20, 18, l.trim)
	c.rect(x-10, top, w+20, 4, darker(l.trim, 0.18))
	c.rect(x, ground-18, w, 18, darker(l.wall, 0.22))
	c.window("a", 58, 66, l, false)
	c.row("a", 2, x, 340, 58, top+40)
	c.row("a", 2, 460, x+w, 58, top+40)
	c.entrance(400, 64, 82, l, false)
	for i := range 8 {
		fill := "#f0c64a"
		if i%2 == 1 {
			fill = "#fbf5e4"
		}
		c.path(fmt.Sprintf("M%d %sl-5 24h15l5 -24z", 345+i*14, num(top+36)), fill)
	}
	box := x + w + c.between(14, 26)
	c.rect(box, ground-44, 24, 30, "#c43d3d", "rx", "4")
	c.rect(box+5, ground-36, 14, 4, "#7d2222")
	c.rect(box+9, ground-14, 6, 18, "#7a828a")
	c.line(fmt.Sprintf("M%s %sv-64", num(x+22), num(top-16)), "#8b949b", 3)
	c.path(fmt.Sprintf("M%s %sq12 -6 22 0t22 0v22q-12 6 -22 0t-22 0z", num(x+23), num(top-78)), l.accent)
}

func (c *canvas) glass(l look) {
	w := c.between(380, 450)
	x, top := 400-w/2, float64(ground)-210
	steel := "#52687a"
	c.rect(x, top, w, 210, steel)
	c.fade("g", "#b8d8e4", "#7fa9bd")
	columns := 7
	cell := (w - 8) / float64(columns)
	var panes, lit string
	for f := range 3 {
		for i := range columns {
			pane := fmt.Sprintf("M%s %sh%sv42h-%sz", num(x+6+float64(i)*cell), num(top+8+float64(f)*48), num(cell-4), num(cell-4))
			if c.chance(22) {
				lit += pane
			} else {
				panes += pane
			}
		}
	}
	c.path(panes, "url(#g)")
	c.path(lit, "#f4e3b2")
	c.rect(x, ground-58, w, 58, lighter(steel, 0.1))
	c.rect(x+12, ground-50, w*0.34, 50, "url(#g)")
	c.rect(x+w*0.62, ground-50, w*0.34, 50, "url(#g)")
	wing := pick(c, x-50, x+w-70)
	c.rect(wing, ground-128, 120, 128, l.wall)
	c.window("a", 26, 36, l, false)
	c.rows("a", 3, wing+6, wing+114, 26, ground-106, ground-54)
	for at := x + 12; at < x+w-10; at += c.between(26, 40) {
		c.circle(at, top, c.between(9, 18), pick(c, "#7fa866", "#6b9860", "#94b675"))
	}
	c.rect(x-6, top-4, w+12, 10, lighter(steel, 0.25))
	c.entrance(400, 52, 48, l, false)
	c.rect(356, ground-62, 88, 7, l.accent)
}

func (c *canvas) tower(l look) {
	w := c.between(300, 350)
	x, top := 400-w/2, float64(ground)-296
	c.rect(x-74, ground-110, w+148, 110, darker(l.wall, 0.14))
	c.rect(x-80, ground-116, w+160, 9, l.trim)
	c.rect(x, top, w, 296, l.wall)
	c.rect(x+w*0.76, top, w*0.24, 296, darker(l.wall, 0.1))
	c.rect(x-6, top-8, w+12, 12, l.trim)
	c.rect(x+w/2-46, top-34, 92, 28, darker(l.wall, 0.22))
	c.line(fmt.Sprintf("M%s %sv-44", num(x+w/2+24), num(top-34)), "#77828b", 3)
	c.window("a", 26, 30, l, false)
	c.rows("a", 7, x+4, x+w-4, 26, top+20, top+64, top+108, top+152, top+196)
	c.row("a", 2, x-70, x-4, 26, ground-84)
	c.row("a", 2, x+w+4, x+w+70, 26, ground-84)
	c.rect(x, ground-62, w, 62, darker(l.wall, 0.3))
	c.path(fmt.Sprintf("M%s %dh%sv54h-%sz", num(x+10), ground-54, num(w-20), num(w-20)), "#a3c1ce")
	c.rect(x+w*0.25, ground-54, 6, 54, darker(l.wall, 0.3))
	c.rect(x+w*0.75-6, ground-54, 6, 54, darker(l.wall, 0.3))
	c.entrance(400, 56, 50, l, false)
	c.rect(344, ground-66, 112, 8, l.accent)
}

func (c *canvas) factory(l look) {
	brick := pick(c, "#b8674b", "#a9604a", "#c27a5a")
	w := c.between(430, 500)
	x, top := 400-w/2, float64(ground)-150
	stack := pick(c, x+24, x+w-64)
	c.path(fmt.Sprintf("M%s %sl6 -150h22l6 150z", num(stack), num(top)), darker(brick, 0.15))
	c.rect(stack+3, top-152, 28, 10, darker(brick, 0.35))
	teeth := 4
	tooth := w / float64(teeth)
	for i := range teeth {
		at := x + float64(i)*tooth
		c.path(fmt.Sprintf("M%s %sv-62l%s 62z", num(at), num(top+2), num(tooth)), darker(brick, 0.25))
		c.path(fmt.Sprintf("M%s %sv-44l%s 34v10z", num(at+5), num(top-2), num(tooth*0.55)), "#b9d3de")
	}
	c.rect(x, top, w, 150, brick)
	c.rect(x-6, top-4, w+12, 8, lighter(brick, 0.35))
	c.rect(x, ground-22, w, 22, darker(brick, 0.3))
	c.shape("a", func() {
		c.path("M-4 84v-70q34 -22 68 0v70z", lighter(brick, 0.4))
		c.path("M0 80v-64q30 -19 60 0v64z", "#9dbccb")
		c.line("M20 6v74M40 6v74M0 32h60M0 56h60", "#51626e", 2.5)
	})
	c.row("a", 2, x+6, 350, 60, top+36)
	c.row("a", 2, 450, x+w-6, 60, top+36)
	l.trim = lighter(brick, 0.4)
	c.entrance(400, 72, 84, l, false)
	c.rect(352, ground-98, 96, 8, l.accent)
}

func (c *canvas) bicycle(x, y float64) {
	for _, dx := range []float64{0, 46} {
		c.circle(x+dx, y, 16, "none", "stroke", "#2f3e4b", "stroke-width", "3")
	}
	c.line(fmt.Sprintf("M%s %sl12 -24h24l10 24m-10 -24l-14 24h-22m12 -24l10 24m-14 -30h10m22 6l-2 -10h8", num(x), num(y)), "#c9533f", 3.5)
}

func (c *canvas) bench(x, y float64) {
	c.rect(x, y-18, 76, 5, "#94643f")
	c.rect(x, y-32, 76, 5, "#a97448")
	c.path(fmt.Sprintf("M%s %sh4v20h-4zm56 0h4v20h-4z", num(x+8), num(y-18)), "#4b5660")
}

func (c *canvas) lamp(x, y float64) {
	c.rect(x-2, y-120, 4, 120, "#47545f")
	c.path(fmt.Sprintf("M%s %sq0 -22 24 -22", num(x), num(y-112)), "none", "stroke", "#47545f", "stroke-width", "4")
	c.path(fmt.Sprintf("M%s %sl-9 14h18z", num(x+26), num(y-136)), "#47545f")
	c.circle(x+26, y-120, 5, "#ffe9ad")
}
