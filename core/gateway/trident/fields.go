package trident

import (
	"strconv"
	"strings"

	"countersign/core/gateway"
)

// fieldsOf describes the settings for a form, with what counts when they are not set.
func fieldsOf(d Settings) []gateway.Field {
	return []gateway.Field{
		{Key: "client_id", Label: "Client id", Help: "From the gateway's operator.", Type: gateway.Text, Required: true},
		{Key: "secret", Label: "Client secret", Help: "From the gateway's operator. It is kept in the system's keyring where there is one.", Type: gateway.Secret},
		{Key: "auth_server", Label: "Authorization server", Help: "Its name in the token address: /oauth/NAME/token.", Type: gateway.Text, Default: d.AuthServer},
		{Key: "process_type", Label: "Process type", Help: "Installations know several; their operator names the one to use.", Type: gateway.Text, Default: d.ProcessType},
		{Key: "labels", Label: "Signing identities", Help: "Labels an identity has to have: each line is one combination, with commas between its labels.", Type: gateway.List, Default: linesOf(d.Labels)},
		{Key: "locale", Label: "Language of the pages", Help: "For the signer, like en_US.", Type: gateway.Text},
		{Key: "skip_agreement", Label: "Skip the agreement page", Rare: true, Help: "For identities that are on the server.", Type: gateway.Bool, Default: string(d.SkipAgreement)},
		{Key: "agreement_html", Label: "Text of the agreement page", Rare: true, Help: "HTML, up to 64 KB.", Type: gateway.Long},
		{Key: "timestamp_provider", Label: "Time-stamp provider", Rare: true, Type: gateway.Text, Default: d.TimestampProvider},
		{Key: "policy", Label: "Signature policy", Rare: true, Type: gateway.Text, Default: d.Policy},
		{Key: "signature_type", Label: "Type of signature", Rare: true, Help: "Like pades-baseline.", Type: gateway.Text, Default: d.SignatureType},
		{Key: "digest", Label: "Digest algorithm", Rare: true, Help: "Like sha256.", Type: gateway.Text},
		{Key: "reason", Label: "Reason", Help: "Shown with the signature. A request can have its own.", Type: gateway.Text},
		{Key: "location", Label: "Location", Help: "Shown with the signature.", Type: gateway.Text},
		{Key: "contact", Label: "Contact", Rare: true, Help: "Shown with the signature.", Type: gateway.Text},
		{Key: "field_name", Label: "Name of the signature field", Rare: true, Help: "How it begins: each signature gets an ending of its own.", Type: gateway.Text, Default: d.FieldName},
		{Key: "page", Label: "Page of the signature", Rare: true, Help: "A number from 1, or last.", Type: gateway.Text},
		{Key: "rectangle", Label: "Place on the page", Rare: true, Help: "x, y, width and height in points from the lower left corner, like 40, 60, 220, 70.", Type: gateway.Numbers},
		{Key: "appearance", Label: "Appearance", Rare: true, Help: "A table as the gateway's manual has it. It is sent as it is written.", Type: gateway.Table},
		{Key: "keep", Label: "Leave documents at the gateway", Rare: true, Help: "Otherwise they are deleted there once the signed file is here.", Type: gateway.Bool, Default: "false"},
		{Key: "max_size_mb", Label: "Largest document (MB)", Rare: true, Help: "What the gateway takes. 0 is no limit of its own.", Type: gateway.Number, Default: "0"},
		{Key: "batch_limit", Label: "Documents in one visit", Rare: true, Help: "1 sends every document on a visit of its own.", Type: gateway.Number, Default: strconv.Itoa(d.BatchLimit)},
		{Key: "batch_member", Label: "Batches: member with the documents", Rare: true, Type: gateway.Text, Default: d.BatchMember},
		{Key: "batch_items", Label: "Batches: what it lists", Rare: true, Type: gateway.Choice, Options: []string{itemObjects, itemIDs, itemURLs}, Default: d.BatchItems},
		{Key: "batch_signer", Label: "Batches: send the signature definition with the process", Rare: true, Type: gateway.Bool, Default: "false"},
		{Key: "callback_field", Label: "Member with the return address", Rare: true, Type: gateway.Choice, Options: []string{finishCallback, finishedCallback}, Default: d.CallbackField},
	}
}

func linesOf(lists [][]string) string {
	var lines []string
	for _, words := range lists {
		lines = append(lines, strings.Join(words, ", "))
	}
	return strings.Join(lines, "\n")
}
