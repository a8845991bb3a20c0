// Package badday has a table of all kinds of misbehavior of the practice gateways, with the state that a request must have afterwards. It
// is for the tests of the desk and of countersignctl, each of which runs the cases in its own way. Only tests may import it, and it
// imports nothing.
package badday

// Kinds of gateway.
const (
	Trident    = "trident"
	PortaSigma = "portasigma"
)

// Case is one test case: a request with one document is signed at a gateway that misbehaves.
type Case struct {
	Kind string
	How  string // the name of a kind of misbehavior; see docs/sandbox.md
	// Object is what misbehaves: "" for the process or the signature request of the visit, "next" for what is created next at the gateway,
	// "document" for the document alone.
	Object string
	Choice string // what the signer does, a signer.Choice; "" means "sign"

	// LaunchError is a part of the error with which the visit cannot be begun, or "". If there is one, the request stays pending, and the fields
	// below describe it after the gateway behaves again and the request is signed.
	LaunchError string

	// The request after the signer has finished and the gateway was asked, while the gateway still misbehaves.
	Status   string
	Evidence string // "" if there is no outcome
	Contains string // a part of the outcome's code or message, or of the request's trouble; may be ""

	// The request after the gateway behaves again and was asked again. "" means no change.
	LaterStatus   string
	LaterEvidence string

	// EarlyStatus and EarlyEvidence are how the request ends instead, for good, if the gateway is asked after the signer has signed and before
	// the browser is back, as happens on a busy computer. "" means that it makes no difference.
	EarlyStatus   string
	EarlyEvidence string
}

// Cases are all cases.
var Cases = []Case{
	{Kind: Trident, How: "slow-result", Status: "signing", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "lying-return", Status: "signed", Evidence: "document", Contains: "finished"},
	{Kind: Trident, How: "lying-return", Choice: "cancel", Status: "canceled", Evidence: "gateway", Contains: "canceled"},
	{Kind: Trident, How: "lost-return", Status: "signed", Evidence: "document"},
	{Kind: Trident, How: "expired-token", Status: "signed", Evidence: "document"},
	{Kind: Trident, How: "unauthorized", Status: "signing", Contains: "it refuses our credentials (401", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "unauthorized", Object: "next", LaunchError: "could not create the signing process: it refuses our credentials"},
	{Kind: Trident, How: "server-error", Status: "signing", Contains: "it reports an internal error (500)", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "server-error", Object: "next", LaunchError: "it reports an internal error (500)"},
	{Kind: Trident, How: "nonsense-json", Status: "signing", Contains: "it does not answer like a gateway of this kind", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "nonsense-json", Object: "next", LaunchError: "it does not answer like a gateway of this kind"},
	{Kind: Trident, How: "unknown-word", Status: "signing", Evidence: "gateway", Contains: "postponed", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "endless-body", Status: "signing", Contains: "the answer is too long", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "endless-body", Object: "document", Status: "signed", Evidence: "gateway", Contains: "the signed file is larger than", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "truncated-download", Status: "signed", Evidence: "gateway", Contains: "the signed file was incomplete", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "foreign-content", Object: "next", Status: "signed", Evidence: "document"},
	{Kind: Trident, How: "redirect", Status: "signing", Contains: "(307)", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "redirect", Object: "next", LaunchError: "(307)"},
	{Kind: Trident, How: "wrong-document", Status: "signed", Evidence: "gateway", Contains: "does not begin with the bytes that were sent", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: Trident, How: "gone", Choice: "look", Status: "gone", Evidence: "gateway", Contains: "gone"},
	{Kind: Trident, How: "wrong-location", Object: "next", Status: "signed", Evidence: "document"},
	{Kind: Trident, How: "old-shape", Object: "next", Status: "signed", Evidence: "document"},

	{Kind: PortaSigma, How: "slow-result", Status: "signed", Evidence: "browser", Contains: "no signed file to return yet", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: PortaSigma, How: "lying-return", Status: "rejected", Evidence: "browser", Contains: "rejected", EarlyStatus: "signed", EarlyEvidence: "document"},
	{Kind: PortaSigma, How: "lying-return", Choice: "reject", Status: "signed", Evidence: "browser", Contains: "no signed file to return yet"},
	{Kind: PortaSigma, How: "lost-return", Status: "signed", Evidence: "document"},
	{Kind: PortaSigma, How: "expired-token", Status: "signed", Evidence: "document"},
	{Kind: PortaSigma, How: "unauthorized", Status: "signed", Evidence: "browser", Contains: "it refuses our credentials (401", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: PortaSigma, How: "unauthorized", Object: "next", LaunchError: "it refuses our credentials (401"},
	{Kind: PortaSigma, How: "server-error", Status: "signed", Evidence: "browser", Contains: "it reports an internal error (500)", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: PortaSigma, How: "server-error", Object: "next", LaunchError: "it reports an internal error (500)"},
	{Kind: PortaSigma, How: "nonsense-json", Status: "signed", Evidence: "browser", Contains: "is not a PDF", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: PortaSigma, How: "nonsense-json", Object: "next", LaunchError: "it does not answer like a gateway of this kind"},
	{Kind: PortaSigma, How: "unknown-word", Status: "signed", Evidence: "document"},
	{Kind: PortaSigma, How: "endless-body", Status: "signed", Evidence: "browser", Contains: "the signed file is larger than", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: PortaSigma, How: "truncated-download", Status: "signed", Evidence: "browser", Contains: "the signed file was incomplete", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: PortaSigma, How: "foreign-content", Object: "next", LaunchError: "it names a resource at another address"},
	{Kind: PortaSigma, How: "redirect", Status: "signed", Evidence: "browser", Contains: "(307)", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: PortaSigma, How: "redirect", Object: "next", LaunchError: "(307)"},
	{Kind: PortaSigma, How: "wrong-document", Status: "signed", Evidence: "browser", Contains: "does not begin with the bytes that were sent", LaterStatus: "signed", LaterEvidence: "document"},
	{Kind: PortaSigma, How: "gone", Status: "failed", Evidence: "browser", Contains: "pageNotFound"},
	{Kind: PortaSigma, How: "wrong-location", Object: "next", LaunchError: "could not add the signer"},
}
