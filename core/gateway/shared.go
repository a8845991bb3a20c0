package gateway

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"

	"countersign/core/request"
)

// Shared is what the desks of an office tell each other about a gateway of the office. It has no path, no key and no secret.
type Shared struct {
	Name string `json:"name"`
	// Settings are those of the gateway's table in gateways.toml, without files.
	Settings json.RawMessage `json:"settings"`
	// CA are the certificates of the file of issuers to trust, in PEM form; "" for none.
	CA string `json:"ca,omitempty"`
	// ClientCert is set if it asks for a client certificate, of which each desk has one of its own.
	ClientCert bool `json:"client_cert,omitempty"`
}

// maxSharedCA is the largest size in bytes of the certificates that are shared, since they are in an event of the register.
const maxSharedCA = 128 << 10

// Share returns what an office is told of a gateway. It fails for a profile that is not valid, for a practice gateway, and if its file of issuers
// cannot be read.
func Share(p Profile) (Shared, error) {
	if p.Practice || request.IsPracticeName(p.Name) {
		return Shared{}, request.Errorf("share_practice", "gateway %s: a practice gateway cannot be shared, and no gateway with its name", p.Name)
	}
	if err := p.Validate(); err != nil {
		return Shared{}, err
	}
	s := Shared{Name: p.Name, CA: p.CA, ClientCert: p.AsksClientCert || p.ClientCert != ""}
	if p.CAFile != "" {
		content, err := certificatesIn(p.CAFile)
		if err != nil {
			return Shared{}, p.settingError("ca_file", err)
		}
		s.CA = content
	}
	p.CAFile, p.CA, p.ClientCert, p.ClientKey = "", "", "", ""
	settings, err := json.Marshal(tableFor(p))
	if err != nil {
		return Shared{}, request.Errorf("gateway_write", "write gateway %s: %w", p.Name, err)
	}
	s.Settings = settings
	return s, nil
}

// certificatesIn returns the certificates in a file, in PEM form and with nothing else that the file has.
func certificatesIn(path string) (string, error) {
	content, err := readCertificates(path)
	if err != nil {
		return "", err
	}
	var certificates []byte
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			certificates = append(certificates, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})...)
		}
	}
	if len(certificates) == 0 {
		found, err := x509.ParseCertificates(content)
		if err != nil || len(found) == 0 {
			return "", noCertificate(path)
		}
		for _, c := range found {
			certificates = append(certificates, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
		}
	}
	if len(certificates) > maxSharedCA {
		return "", request.Errorf("share_large", "%s has certificates of more than %d KB: name a file of a few certificates", path, maxSharedCA>>10)
	}
	return string(certificates), nil
}

// Profile returns the profile of a gateway of the office. It fails if what was shared is none, or names a file.
func (s Shared) Profile() (Profile, error) {
	decoder := json.NewDecoder(bytes.NewReader(s.Settings))
	decoder.UseNumber()
	table := map[string]any{}
	if err := decoder.Decode(&table); err != nil {
		return Profile{}, err
	}
	for key, value := range table {
		table[key] = plainValue(value)
	}
	p, err := parseProfile(s.Name, table)
	if err != nil {
		return Profile{}, err
	}
	if p.Practice || p.CAFile != "" || p.ClientCert != "" || p.ClientKey != "" || request.IsPracticeName(p.Name) {
		return Profile{}, fmt.Errorf("gateway %s of the office names a file, or is a practice gateway: %w", s.Name, request.ErrIllegal)
	}
	p.Office, p.CA, p.AsksClientCert = true, s.CA, s.ClientCert
	return p, p.Validate()
}

// plainValue returns a value that was read as JSON with the types that values of gateways.toml have.
func plainValue(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		broken, _ := v.Float64()
		return broken
	case map[string]any:
		for key, inner := range v {
			v[key] = plainValue(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = plainValue(inner)
		}
	}
	return value
}
