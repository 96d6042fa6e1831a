package drawing

import "fmt"

// Landscape is what lies behind a house.
type Landscape string

// The landscapes.
const (
	Hills     Landscape = "hills"
	Mountains Landscape = "mountains"
	Sea       Landscape = "sea"
	Lake      Landscape = "lake"
	Plain     Landscape = "plain"
	City      Landscape = "city"
)

// phrases are what is said of a landscape behind something.
var phrases = map[Landscape][2]string{
	Hills:     {"colline verdi sullo sfondo", "green hills behind it"},
	Mountains: {"montagne con la neve sullo sfondo", "mountains with snow behind it"},
	Sea:       {"il mare sullo sfondo", "the sea behind it"},
	Lake:      {"un lago tra i monti sullo sfondo", "a lake among mountains behind it"},
	Plain:     {"campi e una fila di pioppi sullo sfondo", "fields and a row of poplars behind it"},
	City:      {"i tetti della città con un campanile sullo sfondo", "the roofs of a city with a bell tower behind it"},
}

// heaven paints the sky with sun and clouds.
func (c *canvas) heaven(l look) {
	c.fade("s", l.sky, l.low)
	c.rect(0, 0, width, height, "url(#s)")
	x, y := c.between(80, 720), c.between(60, 120)
	c.circle(x, y, 62, "#fff6dc", "opacity", ".5")
	c.circle(x, y, 34, "#fff3cf")
	for range 2 + c.rng.IntN(2) {
		c.cloud(c.between(20, 660), c.between(40, 150), c.between(0.6, 1.2))
	}
}

func (c *canvas) cloud(x, y, scale float64) {
	c.put(`<path transform="translate(%s %s) scale(%s)" d="M12 40a16 16 0 0 1 4-31 26 26 0 0 1 48-4 20 20 0 0 1 30 12 12 12 0 0 1 2 23z" fill="#fff" opacity=".75"/>`,
		num(x), num(y), num(scale))
}

// behind paints a landscape from its horizon down.
func (c *canvas) behind(kind Landscape, l look, horizon float64) {
	far := mix("#7f9fb0", l.low, 0.35)
	switch kind {
	case Mountains:
		c.peaks(far, horizon)
		c.ridge(mix("#6f9a78", l.low, 0.25), horizon-20, 34)
		c.ridge("#7fa874", horizon+22, 26)
	case Sea:
		c.water("#5fa7bf", "#a8d6dc", horizon)
		c.ridge(mix("#7f9f86", l.low, 0.3), horizon+4, 0, 520)
		for _, x := range []float64{c.between(60, 160), c.between(620, 740)} {
			c.path(fmt.Sprintf("M%s %sv-34l18 30zm-3 4h24l-6 8h-14z", num(x), num(horizon+16)), "#fff")
		}
	case Lake:
		c.peaks(mix(far, l.low, 0.25), horizon-6)
		c.ridge(mix("#6f9a78", l.low, 0.35), horizon-14, 30)
		c.water("#7fb3c8", "#b9dbe2", horizon+8)
	case Plain:
		c.ridge(mix("#93b07f", l.low, 0.35), horizon+6, 8)
		for x := c.between(0, 30); x < width; x += 34 {
			c.ellipse(x, horizon-2, 8, c.between(24, 36), mix("#6f9463", l.low, 0.2))
		}
		c.rect(0, horizon+22, width, height-horizon, "#c9c27e")
		c.ridge("#a9b874", horizon+44, 10)
	case City:
		c.roofs(l, horizon)
	default:
		c.ridge(far, horizon-34, 38)
		c.ridge(mix("#86a97c", l.low, 0.3), horizon-6, 34)
		for i, x := 0, c.between(20, 90); i < 9; i, x = i+1, x+c.between(60, 110) {
			c.ellipse(x, horizon+6, 6, c.between(20, 28), "#5f8563")
		}
		c.ridge("#93b279", horizon+26, 24)
	}
}

// ridge is a soft line of hills so high; cut makes a headland that ends there.
func (c *canvas) ridge(fill string, y, high float64, cut ...float64) {
	if len(cut) > 0 {
		c.path(fmt.Sprintf("M%s %sq90 -64 170 -50t110 50z", num(cut[0]), num(y)), fill)
		return
	}
	up := func() string { return num(y - c.between(0, high)) }
	c.path(fmt.Sprintf("M0 %sC130 %s 200 %s 300 %sS520 %s 600 %s 740 %s 800 %sV500H0z",
		num(y), up(), up(), num(y-high/3), up(), num(y-high/2), up(), num(y)), fill)
}

func (c *canvas) peaks(fill string, y float64) {
	for x := c.between(-60, 0); x < width; x += c.between(120, 170) {
		h, w := c.between(90, 150), c.between(130, 170)
		c.path(fmt.Sprintf("M%s %sl%s -%s %s %sz", num(x-w), num(y+10), num(w), num(h), num(w), num(h)), fill)
		c.path(fmt.Sprintf("M%s %sl%s %sl-%s -8 -%s 12 -%s -10 -%s 6z", num(x), num(y+10-h), num(w*0.3), num(h*0.3), num(w*0.14), num(w*0.14),
			num(w*0.16), num(w*0.16)), "#f6f9fb")
	}
}

func (c *canvas) water(near, far string, y float64) {
	c.fade("w", far, near)
	c.rect(0, y, width, height-y, "url(#w)")
	for range 7 {
		c.rect(c.between(0, 740), y+c.between(10, 80), c.between(24, 60), 2, "#fff", "opacity", ".5", "rx", "1")
	}
}

func (c *canvas) roofs(l look, y float64) {
	x := c.between(-30, 0)
	tower := c.between(80, 640)
	wall := mix("#b9b3ac", l.low, 0.45)
	c.rect(tower, y-120, 34, 160, mix(wall, "#8f7f70", 0.15))
	c.path(fmt.Sprintf("M%s %sl21 -36 21 36z", num(tower-4), num(y-120)), mix(l.roof, l.low, 0.4))
	c.path(fmt.Sprintf("M%s %sv-18a7 7 0 0 1 14 0v18z", num(tower+10), num(y-84)), mix("#6d7a85", l.low, 0.3))
	for x < width {
		w, h := c.between(60, 110), c.between(30, 90)
		c.rect(x, y-h+30, w, h+60, mix(wall, pick(c, "#d8b08c", "#c9b79c", "#a9b4bb"), 0.35))
		c.path(fmt.Sprintf("M%s %sl10 -14h%sl10 14z", num(x-5), num(y-h+30), num(w-10)), mix(l.roof, l.low, 0.45))
		x += w
	}
}

// tree stands with its foot at a point; its kind belongs to the landscape.
func (c *canvas) tree(kind Landscape, x, y, scale float64) {
	green := pick(c, "#6f9a5f", "#5f8f66", "#7da564", "#54845a")
	c.put(`<g transform="translate(%s %s) scale(%s)">`, num(x), num(y), num(scale))
	switch kind {
	case Mountains, Lake:
		c.rect(-3, -16, 6, 16, "#7a5a42")
		c.path("M0 -112l22 40h-10l18 32h-10l14 26h-68l14 -26h-10l18 -32h-10z", green)
	case Sea:
		c.line("M0 0C4 -30 -6 -50 2 -78", "#8a6a4c", 6)
		c.ellipse(2, -92, 48, 20, green)
		c.ellipse(-14, -98, 24, 12, lighter(green, 0.15))
	default:
		c.rect(-3, -40, 6, 40, "#7a5a42")
		c.circle(0, -64, 32, green)
		c.circle(-18, -50, 20, darker(green, 0.08))
		c.circle(12, -74, 18, lighter(green, 0.14))
	}
	c.put(`</g>`)
}

// trees are the words for two of them in a landscape.
func trees(kind Landscape) (it, en string) {
	switch kind {
	case Mountains, Lake:
		return "due abeti", "two fir trees"
	case Sea:
		return "due pini", "two pine trees"
	}
	return "due alberi", "two trees"
}
