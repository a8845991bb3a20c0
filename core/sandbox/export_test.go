package sandbox

import "crypto/x509"

// Authority returns the certificate of the practice authority.
func (s *Sandbox) Authority() *x509.Certificate { return s.authority.Certificate() }

// ServiceCredentials returns the OAuth client id and secret of the signing service.
func (s *Sandbox) ServiceCredentials() (id, secret string) { return serviceClient, s.serviceSecret }

// MisbehaviorNames returns the names of the kinds of misbehavior that each gateway has.
func MisbehaviorNames() (trident, portaSigma []string) {
	for _, k := range misbehaviorKinds {
		if k.atTrident != 0 {
			trident = append(trident, k.name)
		}
		if k.atPortaSigma != 0 {
			portaSigma = append(portaSigma, k.name)
		}
	}
	return trident, portaSigma
}

// EndlessBytes is how long an endless answer is at most.
const EndlessBytes = endlessBytes
