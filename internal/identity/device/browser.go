package device

import (
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/errs"
)

// keep gives a browser the token of its device's session. Once its time is over it
// still says that people share the browser.
func (s *Service) keep(w http.ResponseWriter, token string, secure bool) {
	http.SetCookie(w, &http.Cookie{
		Name: identity.DeviceCookie(secure), Value: token, Path: "/", MaxAge: int(identity.DeviceLife.Seconds()), HttpOnly: true, Secure: secure,
		SameSite: http.SameSiteLaxMode,
	})
}

// Middleware tells every request of a browser that is a device which one it is. It
// stands around identity.Sessions.Middleware. A browser whose session is over is
// none until it proves itself again, which its script does.
func (s *Service) Middleware(secure bool, next http.Handler, onError func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(identity.DeviceCookie(secure))
		if err != nil || !IsToken(c.Value) {
			next.ServeHTTP(w, r)
			return
		}
		session, err := s.Of(r.Context(), c.Value)
		switch {
		case errs.HasKey(err, "device.proof"):
			next.ServeHTTP(w, r)
		case err != nil:
			onError(w, r, err)
		default:
			next.ServeHTTP(w, r.WithContext(identity.WithMachine(r.Context(), session.Device.Actor(identity.ChannelWeb))))
		}
	})
}
