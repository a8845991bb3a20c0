package portasigma

import "countersign/core/gateway"

// fieldsOf describes the settings for a form, with what counts when they are not set.
func fieldsOf(d Settings) []gateway.Field {
	return []gateway.Field{
		{Key: "context", Label: "How signers sign", Help: "gateway: with a certificate; usergateway: with user and password.", Type: gateway.Choice, Options: []string{"gateway", "usergateway"}, Default: d.Context},
		{Key: "logout", Label: "Log the signer out afterwards", Rare: true, Type: gateway.Bool, Default: "false"},
		{Key: "view", Label: "Several documents have to be looked through", Rare: true, Help: "Empty: as the gateway has it.", Type: gateway.Bool},
		{Key: "api_url", Label: "Address of the integration API", Help: "To hand over files from here. Without it, only requests that exist at the gateway are signed.", Type: gateway.Text},
		{Key: "user", Label: "User of the integration API", Help: "Goes together with its address.", Type: gateway.Text},
		{Key: "secret", Label: "Password of the integration API", Help: "It is kept in the system's keyring where there is one.", Type: gateway.Secret},
		{Key: "default_signer.name", Label: "Usual signer: name", Help: "Who signs when a request names nobody.", Type: gateway.Text},
		{Key: "default_signer.email", Label: "Usual signer: e-mail", Type: gateway.Text},
		{Key: "default_signer.country", Label: "Usual signer: country", Help: "Two letters, like ES.", Type: gateway.Text},
		{Key: "default_signer.number", Label: "Usual signer: identifier", Help: "As on the signer's certificate.", Type: gateway.Text},
		{Key: "signed_route", Label: "Route of the signed PDF", Help: "Below the API's address, with {document} in it. Empty: it is not handed over.", Type: gateway.Text},
		{Key: "copy_route", Label: "Route for people on copy", Rare: true, Help: "In the same way. Empty: as given here.", Type: gateway.Text, Default: d.CopyRoute},
		{Key: "delete_route", Label: "Route to delete a document", Rare: true, Help: "In the same way. Empty: documents stay at the gateway. Who has not signed by then cannot any more.", Type: gateway.Text},
		{Key: "file_part", Label: "Upload: part with the file", Rare: true, Type: gateway.Text, Default: d.FilePart},
		{Key: "title_part", Label: "Upload: part with the title", Rare: true, Type: gateway.Text, Default: d.TitlePart},
		{Key: "comments_part", Label: "Upload: part with the reference", Rare: true, Type: gateway.Text, Default: d.CommentsPart},
	}
}
