package explain

import (
	"countersign/core/gateway"
	"countersign/core/i18n"
)

// Field returns the label of a field of a gateway's form and what it is for. Fields that the
// catalogs do not have keep the English texts of their kind.
func Field(lang i18n.Language, f gateway.Field) (label, help string) {
	switch f.Key {
	case "url":
		return lang.Say("field.url"), lang.Say("field.url_help")
	case "patience":
		return lang.Say("field.patience"), lang.Say("field.patience_help")
	case "callback_port":
		return lang.Say("field.callback_port"), lang.Say("field.callback_port_help")
	case "timeout":
		return lang.Say("field.timeout"), lang.Say("field.timeout_help")
	case "ca_file":
		return lang.Say("field.ca_file"), lang.Say("field.ca_file_help")
	case "client_id":
		return lang.Say("field.client_id"), lang.Say("field.client_id_help")
	case "auth_server":
		return lang.Say("field.auth_server"), lang.Say("field.auth_server_help")
	case "process_type":
		return lang.Say("field.process_type"), lang.Say("field.process_type_help")
	case "labels":
		return lang.Say("field.labels"), lang.Say("field.labels_help")
	case "locale":
		return lang.Say("field.locale"), lang.Say("field.locale_help")
	case "skip_agreement":
		return lang.Say("field.skip_agreement"), lang.Say("field.skip_agreement_help")
	case "agreement_html":
		return lang.Say("field.agreement_html"), lang.Say("field.agreement_html_help")
	case "timestamp_provider":
		return lang.Say("field.timestamp_provider"), ""
	case "policy":
		return lang.Say("field.policy"), ""
	case "signature_type":
		return lang.Say("field.signature_type"), lang.Say("field.signature_type_help")
	case "digest":
		return lang.Say("field.digest"), lang.Say("field.digest_help")
	case "reason":
		return lang.Say("field.reason"), lang.Say("field.reason_help")
	case "location":
		return lang.Say("field.location"), lang.Say("field.location_help")
	case "contact":
		return lang.Say("field.contact"), lang.Say("field.contact_help")
	case "field_name":
		return lang.Say("field.field_name"), lang.Say("field.field_name_help")
	case "page":
		return lang.Say("field.page"), lang.Say("field.page_help")
	case "rectangle":
		return lang.Say("field.rectangle"), lang.Say("field.rectangle_help")
	case "appearance":
		return lang.Say("field.appearance"), lang.Say("field.appearance_help")
	case "keep":
		return lang.Say("field.keep"), lang.Say("field.keep_help")
	case "max_size_mb":
		return lang.Say("field.max_size_mb"), lang.Say("field.max_size_mb_help")
	case "batch_limit":
		return lang.Say("field.batch_limit"), lang.Say("field.batch_limit_help")
	case "batch_member":
		return lang.Say("field.batch_member"), ""
	case "batch_items":
		return lang.Say("field.batch_items"), ""
	case "batch_signer":
		return lang.Say("field.batch_signer"), ""
	case "callback_field":
		return lang.Say("field.callback_field"), ""
	case "context":
		return lang.Say("field.context"), lang.Say("field.context_help")
	case "logout":
		return lang.Say("field.logout"), ""
	case "view":
		return lang.Say("field.view"), ""
	case "api_url":
		return lang.Say("field.api_url"), lang.Say("field.api_url_help")
	case "user":
		return lang.Say("field.user"), lang.Say("field.user_help")
	case "default_signer.name":
		return lang.Say("field.signer_name"), lang.Say("field.signer_name_help")
	case "default_signer.email":
		return lang.Say("field.signer_email"), ""
	case "default_signer.country":
		return lang.Say("field.signer_country"), lang.Say("field.signer_country_help")
	case "default_signer.number":
		return lang.Say("field.signer_number"), lang.Say("field.signer_number_help")
	case "signed_route":
		return lang.Say("field.signed_route"), lang.Say("field.signed_route_help")
	case "copy_route":
		return lang.Say("field.copy_route"), lang.Say("field.copy_route_help")
	case "delete_route":
		return lang.Say("field.delete_route"), lang.Say("field.delete_route_help")
	case "file_part":
		return lang.Say("field.file_part"), ""
	case "title_part":
		return lang.Say("field.title_part"), ""
	case "comments_part":
		return lang.Say("field.comments_part"), ""
	}
	return f.Label, f.Help
}

// Secret is [Field] for the field of a kind's secret.
func Secret(lang i18n.Language, k gateway.Kind, f gateway.Field) (label, help string) {
	switch k.Name {
	case "trident", "uaepass":
		return lang.Say("field.client_secret"), lang.Say("field.client_secret_help")
	case "portasigma":
		return lang.Say("field.api_password"), lang.Say("field.api_password_help")
	}
	return f.Label, f.Help
}

// Kind returns who can sign with a kind of gateway and what they need.
func Kind(lang i18n.Language, k gateway.Kind) string {
	switch k.Name {
	case "trident":
		return lang.Say("prefs.kind_trident")
	case "uaepass":
		return lang.Say("prefs.kind_uaepass")
	case "portasigma":
		return lang.Say("prefs.kind_portasigma")
	}
	return k.Help
}

// Host returns the name of a host where a kind of gateway runs.
func Host(lang i18n.Language, h gateway.Host) string {
	switch h.Name {
	case "staging":
		return lang.Say("prefs.host_staging")
	case "production":
		return lang.Say("prefs.host_production")
	}
	return h.Name
}
