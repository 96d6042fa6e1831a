package device

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/platform/api"
	"polis/internal/platform/web"
)

// RegisterAPI adds what a device asks for that is no browser.
func RegisterAPI(a *api.API, s *Service) {
	h := &operations{s}
	add := func(id, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: "/api/v1/devices" + path, Tags: []string{"Devices"},
			Summary: summary, Description: description, DefaultStatus: status, MaxBodyBytes: 16 << 10,
		}
	}
	api.Register(a, add("enrol-device", "", "Enrol a device",
		"With the code that somebody made for it, which works once and for a quarter of an hour. The device makes a key pair of its own and sends the public half.",
		http.StatusCreated), h.enrol)
	api.Register(a, add("prove-device", "/session", "Begin the session of a device",
		"The proof is a JWT signed with the key of the device: `alg` EdDSA or ES256, `typ` `device+jwt`, `kid` the id of the device; `aud` the public address of the "+
			"installation, `iat`, `exp` at most a minute later, and a `jti` that is used once. A clock may be half a minute wrong. The answer has a bearer token.",
		http.StatusCreated), h.prove)
}

type operations struct{ *Service }

// WantedDevice asks for a device to be enrolled.
type WantedDevice struct {
	Code string          `json:"code" minLength:"12" maxLength:"40" example:"4829 1305 7226"`
	Kind Kind            `json:"kind" enum:"kiosk,board,door,atm"`
	Key  WantedDeviceKey `json:"key"`
}

// WantedDeviceKey is the public half of a device's key, as a JWK: OKP with Ed25519, or EC
// with P-256, which has y too.
type WantedDeviceKey struct {
	Type  string `json:"kty" enum:"OKP,EC"`
	Curve string `json:"crv" enum:"Ed25519,P-256"`
	X     string `json:"x" maxLength:"64"`
	Y     string `json:"y,omitempty" maxLength:"64"`
}

// DeviceFacts is a device as it knows itself.
type DeviceFacts struct {
	ID   string `json:"id"`
	Kind Kind   `json:"kind" enum:"kiosk,board,door,atm"`
	Name string `json:"name"`
	Site string `json:"site" doc:"Id of its house"`
}

func facts(d Device) DeviceFacts { return DeviceFacts{d.ID, d.Kind, d.Name, d.Site} }

func (h *operations) enrol(ctx context.Context, in *struct{ Body WantedDevice }) (*struct{ Body DeviceFacts }, error) {
	key, err := json.Marshal(in.Body.Key)
	if err != nil {
		return nil, err
	}
	d, err := h.Enrol(ctx, Enrolment{Code: in.Body.Code, Kinds: []Kind{in.Body.Kind}, Key: key, Client: web.ClientAddr(ctx)})
	if err != nil {
		return nil, err
	}
	return &struct{ Body DeviceFacts }{facts(d)}, nil
}

// WantedDeviceSession asks for the session of a device.
type WantedDeviceSession struct {
	Proof string `json:"proof" maxLength:"4096" doc:"JWT"`
}

// DeviceSession is a session of a device.
type DeviceSession struct {
	Token  string      `json:"token" doc:"Bearer token"`
	Ends   time.Time   `json:"ends"`
	Device DeviceFacts `json:"device"`
}

func (h *operations) prove(ctx context.Context, in *struct{ Body WantedDeviceSession }) (*struct{ Body DeviceSession }, error) {
	session, err := h.ProveFrom(ctx, web.ClientAddr(ctx), in.Body.Proof)
	if err != nil {
		return nil, err
	}
	return &struct{ Body DeviceSession }{DeviceSession{session.Token, session.Ends, facts(session.Device)}}, nil
}
