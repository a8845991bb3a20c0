package certificate

import (
	"cmp"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Attributes of distinguished names, by their keywords: RFC 4519, RFC 2985, RFC 4524 and ETSI EN 319 412-1, section 5.1.4.
const (
	attrCommonName         = "2.5.4.3"
	attrSurname            = "2.5.4.4"
	serialNumber           = "2.5.4.5"
	organization           = "2.5.4.10"
	organizationalUnit     = "2.5.4.11"
	givenName              = "2.5.4.42"
	pseudonym              = "2.5.4.65"
	organizationIdentifier = "2.5.4.97"
	emailAddress           = "1.2.840.113549.1.9.1"
	userID                 = "0.9.2342.19200300.100.1.1"
)

// keywords are the keywords by which attributes are shown that crypto/x509/pkix would show in hexadecimal digits.
var keywords = map[string]string{
	attrCommonName: "CN", attrSurname: "SURNAME", serialNumber: "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET",
	organization: "O", organizationalUnit: "OU", "2.5.4.12": "TITLE", "2.5.4.17": "POSTALCODE", givenName: "GIVENNAME", pseudonym: "PSEUDONYM",
	organizationIdentifier: "ORGANIZATIONIDENTIFIER", emailAddress: "EMAILADDRESS", userID: "UID", "0.9.2342.19200300.100.1.25": "DC",
}

// NameOf returns [Certificate.Name] of a certificate of the standard library.
func NameOf(cert *x509.Certificate) string {
	if c, err := Parse(cert.Raw); err == nil {
		return c.Name()
	}
	return displayed(cert.Subject)
}

// displayed returns what a person calls the holder of a name: the common name, the given name and the attrSurname, the pseudonym,
// the organization with its unit, the serial number or the e-mail address, whichever is there first. For a name with none of
// these it is the whole name as [NameText] writes it, and for one without attributes it is empty.
func displayed(name pkix.Name) string {
	value := func(oid string) string {
		for _, a := range slices.Backward(name.Names) {
			if text, ok := a.Value.(string); ok && a.Type.String() == oid && strings.TrimSpace(text) != "" {
				return strings.TrimSpace(text)
			}
		}
		return ""
	}
	company := cmp.Or(value(organization), value(organizationIdentifier))
	if unit := value(organizationalUnit); company != "" && unit != "" {
		company += ", " + unit
	}
	return cmp.Or(value(attrCommonName), strings.TrimSpace(value(givenName)+" "+value(attrSurname)), value(pseudonym),
		company, value(serialNumber), value(emailAddress), value(userID), NameText(name))
}

// NameText returns a whole distinguished name, the most specific attribute first, with keywords and escapes as in RFC 4514. An
// attribute without a keyword has its OID.
func NameText(name pkix.Name) string {
	var all []string
	for _, a := range slices.Backward(name.Names) {
		oid := a.Type.String()
		all = append(all, cmp.Or(keywords[oid], oid)+"="+escapeValue(fmt.Sprint(a.Value)))
	}
	return strings.Join(all, ",")
}

// escapeValue escapes what has a meaning in the text form of a name (RFC 4514, section 2.4).
func escapeValue(text string) string {
	var b strings.Builder
	for i, r := range text {
		outer := i == 0 && (r == '#' || r == ' ') || i == len(text)-1 && r == ' '
		if outer || strings.ContainsRune(`,+"\<>;`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Tags of the choices in a GeneralName (RFC 5280, section 4.2.1.6).
var (
	tagOtherName     = casn1.Tag(0).ContextSpecific().Constructed()
	tagEmail         = casn1.Tag(1).ContextSpecific()
	tagDNSName       = casn1.Tag(2).ContextSpecific()
	tagDirectoryName = casn1.Tag(4).ContextSpecific().Constructed()
	tagURI           = casn1.Tag(6).ContextSpecific()
)

// oidPrincipalName is the kind of name by which a Windows domain knows a user.
var oidPrincipalName = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}

// alternativeName returns a name of the extension subjectAltName or issuerAltName, by the kinds of names: a directory name, an
// e-mail address, a name in a Windows domain, a name in the DNS, or a URI. It is empty if there is none of these.
func alternativeName(extension []byte) string {
	names, s := map[casn1.Tag]string{}, cryptobyte.String(extension)
	if !s.ReadASN1(&s, casn1.SEQUENCE) {
		return ""
	}
	for !s.Empty() {
		var content cryptobyte.String
		var tag casn1.Tag
		if !s.ReadAnyASN1(&content, &tag) {
			break
		}
		text := ""
		switch tag {
		case tagEmail, tagDNSName, tagURI:
			text, _ = decodeString(casn1.IA5String, content)
		case tagDirectoryName:
			text = displayed(displayName(content))
		case tagOtherName:
			text = principalName(content)
		}
		names[tag] = cmp.Or(names[tag], strings.TrimSpace(text))
	}
	return cmp.Or(names[tagDirectoryName], names[tagEmail], names[tagOtherName], names[tagDNSName], names[tagURI])
}

// principalName returns the name in the content of an OtherName, and "" if that is of another type.
func principalName(s cryptobyte.String) string {
	var oid asn1.ObjectIdentifier
	var content cryptobyte.String
	var tag casn1.Tag
	if !s.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidPrincipalName) || !s.ReadASN1(&s, casn1.Tag(0).ContextSpecific().Constructed()) || !s.ReadAnyASN1(&content, &tag) {
		return ""
	}
	text, _ := decodeString(tag, content)
	return text
}
