// Package badday is a table of all kinds of misbehavior of the practice gateways, with the state that a request must have afterwards. It
// is for the tests of whole programs, each of which runs the cases in its own way. No program may import it, and it imports nothing.
package badday

// Kinds of gateway.
const (
	Trident    = "trident"
	PortaSigma = "portasigma"
)

// Case is a request with one document that is signed at a gateway while that misbehaves.
type Case struct {
	Kind string
	How  string // the name of a kind of misbehavior; see docs/sandbox.md
	// On is what misbehaves: "" for the visit, "next" for whatever is created next, "document" for the document alone.
	On     string
	Choice string // what the signer does, a signer.Choice; "" means "sign"

	// Launch is a part of the error with which the visit cannot be begun, or "". If there is one, the request stays pending, and the fields
	// below describe it after the gateway behaves again and the request is signed.
	Launch string

	// The request after the signer has finished and the gateway was asked, while the gateway still misbehaves.
	Status   string
	Evidence string // "" if there is no outcome
	Says     string // a part of the outcome's word or message, or of the request's trouble; may be ""

	// The request after the gateway behaves again and was asked again. "" means no change.
	Then         string
	ThenEvidence string
}

// Cases are all cases.
var Cases = []Case{
	{Kind: Trident, How: "slow-result", Status: "signing", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "lying-return", Status: "signed", Evidence: "document", Says: "finished"},
	{Kind: Trident, How: "lying-return", Choice: "cancel", Status: "canceled", Evidence: "gateway", Says: "canceled"},
	{Kind: Trident, How: "lost-return", Status: "signed", Evidence: "document"},
	{Kind: Trident, How: "expired-token", Status: "signed", Evidence: "document"},
	{Kind: Trident, How: "unauthorized", Status: "signing", Says: "it refuses our credentials (401", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "unauthorized", On: "next", Launch: "could not create the signing process: it refuses our credentials"},
	{Kind: Trident, How: "server-error", Status: "signing", Says: "it reports an internal error (500)", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "server-error", On: "next", Launch: "it reports an internal error (500)"},
	{Kind: Trident, How: "nonsense-json", Status: "signing", Says: "its answer is not one of this kind of gateway", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "nonsense-json", On: "next", Launch: "its answer is not one of this kind of gateway"},
	{Kind: Trident, How: "unknown-word", Status: "signing", Evidence: "gateway", Says: "postponed", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "endless-body", Status: "signing", Says: "the answer is too long", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "endless-body", On: "document", Status: "signed", Evidence: "gateway", Says: "the signed file does not end", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "truncated-download", Status: "signed", Evidence: "gateway", Says: "the signed file came incomplete", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "foreign-content", On: "next", Status: "signed", Evidence: "document"},
	{Kind: Trident, How: "redirect", Status: "signing", Says: "(307)", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "redirect", On: "next", Launch: "(307)"},
	{Kind: Trident, How: "wrong-document", Status: "signed", Evidence: "gateway", Says: "does not begin with the bytes that were sent", Then: "signed", ThenEvidence: "document"},
	{Kind: Trident, How: "gone", Choice: "look", Status: "gone", Evidence: "gateway", Says: "gone"},
	{Kind: Trident, How: "wrong-location", On: "next", Status: "signed", Evidence: "document"},
	{Kind: Trident, How: "old-shape", On: "next", Status: "signed", Evidence: "document"},

	{Kind: PortaSigma, How: "slow-result", Status: "signed", Evidence: "browser", Says: "no signed file to hand over yet", Then: "signed", ThenEvidence: "document"},
	{Kind: PortaSigma, How: "lying-return", Status: "rejected", Evidence: "browser", Says: "rejected"},
	{Kind: PortaSigma, How: "lying-return", Choice: "reject", Status: "signed", Evidence: "browser", Says: "no signed file to hand over yet"},
	{Kind: PortaSigma, How: "lost-return", Status: "signed", Evidence: "document"},
	{Kind: PortaSigma, How: "expired-token", Status: "signed", Evidence: "document"},
	{Kind: PortaSigma, How: "unauthorized", Status: "signed", Evidence: "browser", Says: "it refuses our credentials (401", Then: "signed", ThenEvidence: "document"},
	{Kind: PortaSigma, How: "unauthorized", On: "next", Launch: "it refuses our credentials (401"},
	{Kind: PortaSigma, How: "server-error", Status: "signed", Evidence: "browser", Says: "it reports an internal error (500)", Then: "signed", ThenEvidence: "document"},
	{Kind: PortaSigma, How: "server-error", On: "next", Launch: "it reports an internal error (500)"},
	{Kind: PortaSigma, How: "nonsense-json", Status: "signed", Evidence: "browser", Says: "is not a PDF", Then: "signed", ThenEvidence: "document"},
	{Kind: PortaSigma, How: "nonsense-json", On: "next", Launch: "its answer is not one of this kind of gateway"},
	{Kind: PortaSigma, How: "unknown-word", Status: "signed", Evidence: "document"},
	{Kind: PortaSigma, How: "endless-body", Status: "signed", Evidence: "browser", Says: "the signed file does not end", Then: "signed", ThenEvidence: "document"},
	{Kind: PortaSigma, How: "truncated-download", Status: "signed", Evidence: "browser", Says: "the signed file came incomplete", Then: "signed", ThenEvidence: "document"},
	{Kind: PortaSigma, How: "foreign-content", On: "next", Launch: "it names a resource at another address"},
	{Kind: PortaSigma, How: "redirect", Status: "signed", Evidence: "browser", Says: "(307)", Then: "signed", ThenEvidence: "document"},
	{Kind: PortaSigma, How: "redirect", On: "next", Launch: "(307)"},
	{Kind: PortaSigma, How: "wrong-document", Status: "signed", Evidence: "browser", Says: "does not begin with the bytes that were sent", Then: "signed", ThenEvidence: "document"},
	{Kind: PortaSigma, How: "gone", Status: "failed", Evidence: "browser", Says: "pageNotFound"},
	{Kind: PortaSigma, How: "wrong-location", On: "next", Launch: "could not add the signer"},
}
