package territory

import (
	"math"
)

// earthRadius is the mean radius of the Earth in km (IUGG).
const earthRadius = 6371.0088

// Distance returns the km between two places given in degrees, along the great circle of a sphere, by the haversine
// formula; against the ellipsoid it is within 0.5 %.
func Distance(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((lat2 - lat1) * rad / 2)
	sinLon := math.Sin((lon2 - lon1) * rad / 2)
	h := sinLat*sinLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}
