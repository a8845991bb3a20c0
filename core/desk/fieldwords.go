package desk

import (
	"strings"

	"countersign/core/gateway"
	"countersign/core/i18n"
)

// FieldWords names a field of a gateway's form in a language, and says what it is for. Where
// the catalogues have no words for it, those of its kind are given.
func FieldWords(lang i18n.Language, f Field) (label, help string) {
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

// FindingWords name what was looked at.
func FindingWords(lang i18n.Language, f Finding) string {
	if of, about := strings.CutPrefix(f.Name, "gateway "); about {
		if name, part, found := strings.Cut(of, ": "); found {
			return lang.Say("prefs.find_gateway", name, partWords(lang, part))
		}
		return lang.Say("prefs.find_one", of)
	}
	if port, about := strings.CutPrefix(f.Name, "return address "); about {
		return lang.Say("prefs.find_port", port)
	}
	return partWords(lang, f.Name)
}

func partWords(lang i18n.Language, part string) string {
	switch part {
	case "address":
		return lang.Say("prefs.find_address")
	case "tls":
		return lang.Say("prefs.find_tls")
	case "clock":
		return lang.Say("prefs.find_clock")
	case "token":
		return lang.Say("prefs.find_token")
	case "scope":
		return lang.Say("prefs.find_scope")
	case "api":
		return lang.Say("prefs.find_api")
	case "api user":
		return lang.Say("prefs.find_user")
	case "disk":
		return lang.Say("prefs.find_disk")
	case "keyring":
		return lang.Say("prefs.find_keyring")
	case "proxy":
		return lang.Say("prefs.find_proxy")
	case "browser":
		return lang.Say("prefs.find_browser")
	case "ledger":
		return lang.Say("prefs.find_ledger")
	case "gateways":
		return lang.Say("prefs.find_gateways")
	case "return address":
		return lang.Say("prefs.find_return")
	}
	return part
}

// SecretWords are the [FieldWords] of the secret of a kind.
func SecretWords(lang i18n.Language, k Kind, f Field) (label, help string) {
	switch k.Name {
	case "trident", "uaepass":
		return lang.Say("field.client_secret"), lang.Say("field.client_secret_help")
	case "portasigma":
		return lang.Say("field.api_password"), lang.Say("field.api_password_help")
	}
	return f.Label, f.Help
}

// KindWords say who can sign with a kind of gateway and what they need.
func KindWords(lang i18n.Language, k Kind) string {
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

// HostWords name a place where a kind of gateway runs.
func HostWords(lang i18n.Language, h gateway.Host) string {
	switch h.Name {
	case "staging":
		return lang.Say("prefs.host_staging")
	case "production":
		return lang.Say("prefs.host_production")
	}
	return h.Name
}
