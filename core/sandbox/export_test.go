package sandbox

import "crypto/x509"

// Authority returns the certificate of the practice authority.
func (s *Sandbox) Authority() *x509.Certificate { return s.authority.Certificate() }

// ServiceCredentials are what the signing service authenticates with at the authorization server.
func (s *Sandbox) ServiceCredentials() (id, secret string) { return serviceClient, s.serviceSecret }

// Words are all misbehaviours, and what each strikes at TRIDENT and PortaSigma.
func Words() (trident, portaSigma []string) {
	for _, d := range misdeeds {
		if d.trident != 0 {
			trident = append(trident, d.word)
		}
		if d.portaSigma != 0 {
			portaSigma = append(portaSigma, d.word)
		}
	}
	return trident, portaSigma
}

// EndlessBytes is the bound of an answer that never ends.
const EndlessBytes = endlessBytes
