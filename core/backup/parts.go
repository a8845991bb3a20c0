package backup

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"path/filepath"
	"slices"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/settings"
)

// The kinds of [Part].
const (
	anchorPart  = "anchor"
	gatewayPart = "gateway"
	folderPart  = "folder"
)

// chooseParts removes from the home that was unpacked into work the anchors, the gateways and the output
// folder, unless [Options] asks for them. It lists in the summary which were taken and which were left
// out.
func (r *archiveReader) chooseParts(work string) error {
	dir, err := home.Open(work)
	if err != nil {
		return err
	}
	return errors.Join(r.chooseAnchors(dir), r.chooseGateways(dir), r.chooseFolder(dir))
}

// note adds parts to the summary, as taken along or as left out.
func (r *archiveReader) note(taken bool, parts ...Part) {
	if taken {
		r.summary.Taken = append(r.summary.Taken, parts...)
	} else {
		r.summary.LeftOut = append(r.summary.LeftOut, parts...)
	}
}

// anchorsIn returns one part for each certificate in the content of a file in PEM or DER form. If there
// is none, it returns one part with the name of the file.
func anchorsIn(name string, content []byte) (parts []Part) {
	if _, err := x509.ParseCertificate(content); err == nil {
		content = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: content})
	}
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		sum := sha256.Sum256(c.Raw)
		parts = append(parts, Part{anchorPart, input.Label(c.Subject.String()), hex.EncodeToString(sum[:])})
	}
	if parts == nil {
		parts = []Part{{Kind: anchorPart, Name: input.Label(name)}}
	}
	return parts
}

// chooseGateways replaces gateways.toml by that of a new home, unless [Options] has WithGateways or all
// gateways are practice gateways. It lists the others in the summary. For a file that cannot be read, it
// lists one part with the name of the file.
func (r *archiveReader) chooseGateways(dir home.Dir) error {
	profiles, err := gateway.LoadProfiles(dir.Gateways())
	if err != nil {
		r.note(r.opts.WithGateways, Part{Kind: gatewayPart, Name: filepath.Base(dir.Gateways())})
	}
	others := slices.DeleteFunc(profiles.List, func(p gateway.Profile) bool { return p.Practice })
	for _, p := range others {
		r.note(r.opts.WithGateways, Part{gatewayPart, p.Name, input.Label(p.URL)})
	}
	if r.opts.WithGateways || err == nil && len(others) == 0 {
		return nil
	}
	return home.WriteFile(dir.Gateways(), []byte(gateway.InitialConfig))
}

// chooseFolder removes the output folder from the settings, unless [Options] has WithGateways, and lists
// it in the summary. Settings that cannot be read are listed as one part with the name of their file,
// and the file is removed.
func (r *archiveReader) chooseFolder(dir home.Dir) error {
	chosen, err := settings.Load(dir)
	if err != nil {
		r.note(r.opts.WithGateways, Part{Kind: folderPart, Name: filepath.Base(dir.Settings())})
		if r.opts.WithGateways {
			return nil
		}
		return home.RemoveFile(dir.Settings())
	}
	if chosen.OutputFolder == "" {
		return nil
	}
	r.note(r.opts.WithGateways, Part{Kind: folderPart, Name: input.Label(chosen.OutputFolder)})
	if r.opts.WithGateways {
		return nil
	}
	chosen.OutputFolder = ""
	return settings.Write(dir, chosen)
}
