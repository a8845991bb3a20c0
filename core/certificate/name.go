package certificate

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/unicode/norm"
)

// Tags of string types that cryptobyte/asn1 has no names for.
const (
	tagUniversalString = casn1.Tag(28)
	tagBMPString       = casn1.Tag(30)
)

// nameAttribute is one attribute of a distinguished name.
type nameAttribute struct {
	oid  string // the content of its OBJECT IDENTIFIER
	text string // its value, when that is a string
	raw  string // its value with tag and length, when that is no string
}

// readName reads a Name in DER (RFC 5280, section 4.1.2.4): the attributes of each relative distinguished name in it. It
// returns false for anything else.
func readName(der []byte) ([][]nameAttribute, bool) {
	s := cryptobyte.String(der)
	var sequence cryptobyte.String
	if !s.ReadASN1(&sequence, casn1.SEQUENCE) || !s.Empty() {
		return nil, false
	}
	var name [][]nameAttribute
	for !sequence.Empty() {
		var set cryptobyte.String
		if !sequence.ReadASN1(&set, casn1.SET) {
			return nil, false
		}
		var relative []nameAttribute
		for !set.Empty() {
			var pair, oid, value cryptobyte.String
			var tag casn1.Tag
			if !set.ReadASN1(&pair, casn1.SEQUENCE) || !pair.ReadASN1(&oid, casn1.OBJECT_IDENTIFIER) {
				return nil, false
			}
			raw := string(pair)
			if !pair.ReadAnyASN1(&value, &tag) || !pair.Empty() {
				return nil, false
			}
			a := nameAttribute{oid: string(oid)}
			var ok bool
			if a.text, ok = decodeString(tag, value); !ok {
				a.raw = raw
			}
			relative = append(relative, a)
		}
		name = append(name, relative)
	}
	return name, true
}

// decodeString returns a value of one of the string types as UTF-8. UTF8String and the ASCII types with other bytes in them,
// and T61String, are read as Latin-1: that is what programs write there. It returns false for a value of another type, or of
// an impossible length.
func decodeString(tag casn1.Tag, value []byte) (string, bool) {
	switch tag {
	case casn1.UTF8String, casn1.PrintableString, casn1.IA5String, casn1.Tag(asn1.TagNumericString), casn1.Tag(26), casn1.T61String:
		if utf8.Valid(value) {
			return string(value), true
		}
		runes := make([]rune, len(value))
		for i, b := range value {
			runes[i] = rune(b)
		}
		return string(runes), true
	case tagBMPString:
		if len(value)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(value)/2)
		for i := range units {
			units[i] = uint16(value[2*i])<<8 | uint16(value[2*i+1])
		}
		return string(utf16.Decode(units)), true
	case tagUniversalString:
		if len(value)%4 != 0 {
			return "", false
		}
		runes := make([]rune, len(value)/4)
		for i := range runes {
			runes[i] = rune(value[4*i])<<24 | rune(value[4*i+1])<<16 | rune(value[4*i+2])<<8 | rune(value[4*i+3])
		}
		return string(runes), true
	}
	return "", false
}

// displayName returns a name in DER as a value whose texts can be shown. Attributes that cannot be read are left out.
func displayName(der []byte) pkix.Name {
	var name pkix.Name
	relatives, _ := readName(der)
	var sequence pkix.RDNSequence
	for _, relative := range relatives {
		var set pkix.RelativeDistinguishedNameSET
		for _, a := range relative {
			if oid, ok := readOID([]byte(a.oid)); ok && a.raw == "" {
				set = append(set, pkix.AttributeTypeAndValue{Type: oid, Value: a.text})
			}
		}
		if len(set) > 0 {
			sequence = append(sequence, set)
		}
	}
	name.FillFromRDNSequence(&sequence)
	return name
}

func readOID(content []byte) (asn1.ObjectIdentifier, bool) {
	s := cryptobyte.String(appendElement([]byte{byte(casn1.OBJECT_IDENTIFIER)}, content))
	var oid asn1.ObjectIdentifier
	return oid, s.ReadASN1ObjectIdentifier(&oid)
}

const maxName = 8 << 10 // bytes of a name that is compared otherwise than byte by byte

// SameName reports whether two distinguished names in DER are the same name: the same attributes, where strings are compared
// without regard to their type, to case and to repeated spaces (RFC 5280, section 7.1).
func SameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if len(a) > maxName || len(b) > maxName {
		return false
	}
	first, ok1 := readName(a)
	second, ok2 := readName(b)
	return ok1 && ok2 && len(first) > 0 && slices.EqualFunc(first, second, sameRelative)
}

// sameRelative reports whether two relative distinguished names, which are sets, are equal as
// [SameName] compares them.
func sameRelative(a, b []nameAttribute) bool {
	return slices.Equal(prepared(a), prepared(b))
}

// prepared returns the attributes of a relative distinguished name in a form in which equal names are equal slices.
func prepared(relative []nameAttribute) []nameAttribute {
	all := slices.Clone(relative)
	for i, a := range all {
		all[i].text = strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(a.text))), " ")
	}
	slices.SortFunc(all, func(a, b nameAttribute) int {
		return strings.Compare(a.oid+"\x00"+a.text+"\x00"+a.raw, b.oid+"\x00"+b.text+"\x00"+b.raw)
	})
	return all
}
