package gateways

import (
	"context"

	"countersign/core/gateway"
	"countersign/core/request"
)

// clientCertificate has the files of the certificate that this desk shows to a gateway of the office which asks for one. They are each person's own,
// and for one address, as a secret is.
type clientCertificate struct {
	Origin string `json:"origin"` // to which it may be shown; see boundOrigin
	Cert   string `json:"client_cert"`
	Key    string `json:"client_key,omitempty"` // empty if that is in Cert
}

// certificatesFile is the file with the client certificates of this desk, by the names of their gateways.
func (s *Gateways) certificatesFile() byName[clientCertificate] {
	path := s.cfg.Home.ClientCertificates()
	return byName[clientCertificate]{s.cfg.Home, path, "certificates", func() error {
		return request.Errorf("certificates_damaged", "%s is damaged: move it away and name the client certificates again", path)
	}}
}

// keepClientCertificate keeps the files of the certificate for a gateway of the office at its present address, or forgets them if there are none any more.
func (s *Gateways) keepClientCertificate(ctx context.Context, p gateway.Profile, cert, key string) error {
	c := clientCertificate{Cert: cert, Key: key}
	if cert != "" {
		kind, err := s.Kind(p.Kind)
		if err != nil {
			return err
		}
		if c.Origin, err = boundOrigin(kind, p); err != nil {
			return err
		}
	}
	err := s.certificatesFile().edit(ctx, func(all map[string]clientCertificate) error {
		if all[p.Name] = c; cert == "" {
			delete(all, p.Name)
		}
		return nil
	})
	s.forget(p.Name)
	return err
}

// withClientCertificates puts the certificates of this desk into the profiles of the gateways of the office that ask for one, except for those that were
// entered for another address.
func (s *Gateways) withClientCertificates(list []gateway.Profile) error {
	var all map[string]clientCertificate
	for i, p := range list {
		if !p.AsksClientCert {
			continue
		}
		if all == nil {
			var err error
			if all, err = s.certificatesFile().read(); err != nil {
				return err
			}
		}
		kind, err := s.Kind(p.Kind)
		if err != nil {
			continue // nothing can be asked of it
		}
		if origin, err := boundOrigin(kind, p); err == nil && all[p.Name].Origin == origin {
			list[i].ClientCert, list[i].ClientKey = all[p.Name].Cert, all[p.Name].Key
		}
	}
	return nil
}

// missingClientCertificate returns why a gateway of the office that asks for a client certificate cannot be shown one, or nil.
func (s *Gateways) missingClientCertificate(kind gateway.Kind, p gateway.Profile) error {
	if !p.AsksClientCert || p.ClientCert != "" {
		return nil
	}
	all, err := s.certificatesFile().read()
	if err != nil {
		return err
	}
	if entered, has := all[p.Name]; has {
		now, _ := boundOrigin(kind, p)
		return request.Errorf("certificate_moved", "the office has changed the address of gateway %s, and your client certificate was named for %s and not for %s: if the new address is right, confirm it with countersignctl gateway confirm %s", p.Name, entered.Origin, now, p.Name)
	}
	return request.Errorf("certificate_missing", "gateway %s of the office asks for a client certificate, and each person has one of their own: name yours with countersignctl gateway certificate %s", p.Name, p.Name)
}

// boundOrigin returns where what a person has entered for a gateway may go: its secret, and to a gateway that asks for one the client certificate, which all servers that are called
// get to see.
func boundOrigin(kind gateway.Kind, p gateway.Profile) (string, error) {
	secret, secretErr := credentialOrigin(kind, p)
	if !p.AsksClientCert {
		return secret, secretErr
	}
	root, err := p.Root()
	if err != nil {
		return "", err
	}
	origin := gateway.Origin(root)
	if secretErr == nil && secret != origin {
		origin += ", " + secret
	}
	return origin, nil
}

// SetClientCertificate keeps the files of the client certificate that this desk shows to a gateway of the office at its present address, and returns that. If key is empty, the
// private key is in the file of the certificate. It fails for a gateway that asks for none, and for files that cannot be used.
func (s *Gateways) SetClientCertificate(ctx context.Context, name, cert, key string) (origin string, err error) {
	p, kind, err := s.profileKind(name)
	switch {
	case err != nil:
		return "", err
	case !p.Office:
		return "", request.Errorf("certificate_own", "gateway %s is one of this desk: set client_cert and client_key in gateways.toml, or in the window", name)
	case !p.AsksClientCert:
		return "", request.Errorf("certificate_unasked", "gateway %s of the office asks for no client certificate", name)
	}
	p.ClientCert, p.ClientKey = cert, key
	if _, err := s.completed(&p); err != nil {
		return "", err
	}
	if origin, err = boundOrigin(kind, p); err != nil {
		return "", err
	}
	return origin, s.keepClientCertificate(ctx, p, p.ClientCert, p.ClientKey)
}
