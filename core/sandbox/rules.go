package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Real installations of the gateways differ by version and by how they are set up. A rule makes a practice gateway as strict as one of
// them, so that a client can be tried against it. Unlike a misbehavior, a rule is about all calls, any number of rules can be set
// together, and what breaks a rule is refused with the name of the member, field or part that is wrong. The rules are stored with the
// rest of the state, so they survive a restart.

// rule is a way in which an installation is strict, or answers in another form.
type rule struct {
	name, description   string
	trident, portaSigma bool // the gateways that have it
}

// Names of the rules.
const (
	needsProcessType   = "needs-process-type"
	needsLabels        = "needs-labels"
	needsPolicy        = "needs-policy"
	needsSignatureType = "needs-signature-type"
	uniqueFields       = "unique-fields"
	knownMembers       = "known-members"
	needsPartTypes     = "needs-part-types"
	needsAccept        = "needs-accept"
	oldNames           = "old-names"
	oldProcessType     = "old-process-type"
	locationOnly       = "location-only"
	relativeLocation   = "relative-location"
	otherErrors        = "other-errors"
	otherParts         = "other-parts"
	otherRoute         = "other-route"
	checksNumbers      = "checks-numbers"
	noCopies           = "no-copies"
	noDelete           = "no-delete"
)

// allRules are all rules. docs/sandbox.md describes them.
var allRules = []rule{
	{name: needsProcessType, description: "A process needs its process_type", trident: true},
	{name: needsLabels, description: "A process needs labels", trident: true},
	{name: needsPolicy, description: "A signature needs its signature_policy_id", trident: true},
	{name: needsSignatureType, description: "A signature needs the type in its parameters", trident: true},
	{name: uniqueFields, description: "A document with form fields needs the name of a new field", trident: true},
	{name: knownMembers, description: "Unknown or repeated members, fields and parts are refused", trident: true, portaSigma: true},
	{name: needsPartTypes, description: "The parts of an upload need their media types", trident: true},
	{name: needsAccept, description: "A call needs the header Accept", portaSigma: true},
	{name: oldNames, description: "Only finished_callback_url is known, not finish_callback_url", trident: true},
	{name: oldProcessType, description: "Only the older process_type is known", trident: true},
	{name: locationOnly, description: "What is created is named by Location alone, without a body", trident: true},
	{name: relativeLocation, description: "Location is a path without scheme and host", trident: true, portaSigma: true},
	{name: otherErrors, description: "Errors have another form", trident: true, portaSigma: true},
	{name: otherParts, description: "The parts of an upload are named document, name and description", portaSigma: true},
	{name: otherRoute, description: "The signed PDF is at docs/{doc}/signed/", portaSigma: true},
	{name: checksNumbers, description: "A Spanish identity number needs its right letter", portaSigma: true},
	{name: noCopies, description: "Nobody can be on copy", portaSigma: true},
	{name: noDelete, description: "Documents cannot be deleted", portaSigma: true},
}

// RuleNames returns the names of all rules for which the practice gateways can be as strict as real installations.
func RuleNames() []string {
	var names []string
	for _, r := range allRules {
		names = append(names, r.name)
	}
	return names
}

// CheckRules returns an error if one of the names is not that of a rule.
func CheckRules(names []string) error {
	known := RuleNames()
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no rule %q: use %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// Rules returns the names of the rules that are set. It fails while the gateways are being served, also by another process.
func (s *Sandbox) Rules() ([]string, error) {
	st, err := openState(s.dir)
	if err != nil {
		return nil, fmt.Errorf("read the rules of the practice gateways: %w", err)
	}
	set, err := st.rules()
	return set, errors.Join(err, st.close())
}

// ruleSet are the names of rules that are set.
type ruleSet []string

func (s ruleSet) has(name string) bool { return slices.Contains(s, name) }

// rules has the names of the rules that are set, at the key rulesKey.
var rules = table[ruleSet]{"rules"}

const rulesKey = "set"

// setRules stores the rules that are set from now on, in the order of allRules. names must be names of rules.
func (s *state) setRules(names []string) error {
	set := slices.DeleteFunc(RuleNames(), func(name string) bool { return !slices.Contains(names, name) })
	return s.db.Update(func(tx *bolt.Tx) error { return rules.put(tx, rulesKey, set) })
}

// rules returns the rules that are set.
func (s *state) rules() (set ruleSet, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		set, _, err = rules.get(tx, rulesKey)
		return err
	})
	return set, err
}
