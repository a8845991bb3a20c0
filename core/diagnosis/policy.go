package diagnosis

import (
	"countersign/core/policy"
	"countersign/core/request"
)

// checkPolicy tells of the policy of the computer as it is now, or of the error of reading it.
func checkPolicy(p policy.Policy, err error) Finding {
	switch {
	case err != nil:
		return newFinding(PartPolicy, Bad, request.SentenceOf(err), request.Sentencef("policy_todo", "ask the administrator of this computer to correct the policy: until then, no desk opens here"))
	case p.Path == "":
		return newFinding(PartPolicy, Well, request.Sentencef("policy_none", "this computer has none"), none)
	}
	return newFinding(PartPolicy, Well, request.Sentencef("policy_applies", "%s applies: settings that are fixed: %d, gateways: %d", p.Path, request.Count(len(p.Settings.Fixed.Keys)), request.Count(len(p.Gateways.Profiles))), none)
}
