package sandbox_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/sandbox"
)

// returnTo is the address back in the notation of the examples of "Signature Gateway" (PortaSigma), which escape only the ampersand.
const returnTo = "http://127.0.0.1:29999/after?ref=24%26y=ABC"

const back = "http://127.0.0.1:29999/after?ref=24&y=ABC"

func (b *browser) byPassword() {
	b.Helper()
	b.press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
}

func gatewayAddress(context, more string, ids ...string) string {
	return "/portasigma/" + context + "/sign.html?id=" + strings.Join(ids, "&id=") + "&urlreturn=" + returnTo + more
}

func TestPortaSigmaSignsWithACertificate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	original := samplePDF(t)
	address, ids := r.addDoc(original, sample, ana)
	r.want(404, r.service(r.request("GET", address+"content/", nil)))

	b := r.browser()
	b.open("/portasigma/gateway/sign.html?id=" + ids[0] + "&urlreturn=" + url.QueryEscape(back))
	b.press("continue", "identity", "sample")
	b.shows("Acta 7")
	b.shows("Ana Pérez")
	b.press("sign", "read", "yes", "pin", sandbox.SamplePIN)
	b.isBack(back + "&result=success&status=signed")

	type signerBody struct {
		ID     int
		Name   string
		Status string
	}
	type body struct {
		ID       int
		Title    string
		Comments string
		Status   string
		Signers  []signerBody
	}
	var got body
	r.json(r.want(200, r.service(r.request("GET", address, nil))), &got)
	want := body{
		ID: 1, Title: "Acta 7", Comments: "Please sign.", Status: "pending",
		Signers: []signerBody{{1, "Sample Signer", "signed"}, {2, "Ana Pérez", "pending"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	first := r.want(200, r.service(r.request("GET", address+"content/", nil)))
	checkSigned(t, original, first.body, 1)

	b.open(gatewayAddress("gateway", "", ids[1]))
	b.press("continue", "identity", "request-"+ids[1])
	b.shows("4 May 2026, 09:30 UTC")
	b.press("sign", "read", "yes", "pin", sandbox.SamplePIN)
	b.isBack(back + "&result=success&status=signed")
	second := r.want(200, r.service(r.request("GET", address+"content/", nil)))
	checkSigned(t, first.body, second.body, 2)
	b.open(gatewayAddress("gateway", "", ids[1]))
	b.shows("Nothing is left to sign")
}

func TestPortaSigmaRejects(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address, ids := r.addDoc(samplePDF(t), sample)
	b := r.browser()
	b.open(gatewayAddress("usergateway", "&logout=true", ids[0]))
	b.byPassword()
	b.press("reject")
	b.isBack(back + "&result=success&status=rejected")
	r.want(404, r.service(r.request("GET", address+"content/", nil)))

	late := r.request("POST", address, strings.NewReader("name=A&email=b&id-country=ES&id-number=1"))
	late.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.want(409, r.service(late)) // a rejected document gets no more signers

	_, ids = r.addDoc(samplePDF(t), sample)
	b.open(gatewayAddress("usergateway", "", ids[0]))
	b.shows("Step 1 of 2") // the session was ended
}

func TestPortaSigmaManyRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	original := samplePDF(t)
	var addresses, ids []string
	for range 3 {
		a, i := r.addDoc(original, sample)
		addresses, ids = append(addresses, a), append(ids, i...)
	}
	b := r.browser()
	b.open(gatewayAddress("usergateway", "&view=true", ids...))
	b.byPassword()
	b.shows("You are asked to sign 3 documents.")
	if n := strings.Count(b.page, "<object"); n != 3 {
		t.Errorf("%d documents to look through", n)
	}
	b.press("sign", "pin", sandbox.SamplePIN)
	b.shows("check the box")
	b.press("sign", "read", "yes", "pin", "0000")
	b.shows("The PIN is wrong.")
	r.want(404, r.service(r.request("GET", addresses[0]+"content/", nil)))
	b.press("sign", "read", "yes", "pin", sandbox.SamplePIN, "refuse", ids[1])
	b.isBack(back + "&result=success&signed=" + ids[0] + "&signed=" + ids[2] + "&status=rejected&unsigned=" + ids[1])
	r.want(404, r.service(r.request("GET", addresses[1]+"content/", nil)))
	checkSigned(t, original, r.service(r.request("GET", addresses[2]+"content/", nil)).body, 1)

	addresses, ids = nil, nil
	for range 2 {
		_, i := r.addDoc(original, sample)
		ids = append(ids, i...)
	}
	b.open(gatewayAddress("usergateway", "&view=false", ids...))
	if strings.Contains(b.page, "<object") || strings.Contains(b.page, `name="read"`) {
		t.Error("the documents are shown although the address waives it")
	}
	b.press("sign", "pin", sandbox.SamplePIN)
	b.isBack(back + "&result=success&signed=" + ids[0] + "&signed=" + ids[1] + "&status=signed")
}

func TestPortaSigmaRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, ids := r.addDoc(samplePDF(t), sample)
	_, anas := r.addDoc(samplePDF(t), ana)
	b := r.browser()
	b.open(gatewayAddress("gateway", "", ids[0]))
	b.press("continue", "identity", "other")
	b.isBack(back + "&result=accessDenied")
	b.open(gatewayAddress("usergateway", "", anas[0]))
	b.byPassword()
	b.isBack(back + "&result=accessDenied")
	for _, id := range []string{"999", "x", "-1", "01"} {
		b.open(gatewayAddress("gateway", "", id))
		b.isBack(back + "&result=pageNotFound")
	}
	b.open(gatewayAddress("gateway", "", ids[0], "999"))
	b.isBack(back + "&result=pageNotFound")
	b.open(gatewayAddress("usergateway", "", ids[0]))
	b.press("sign-in", "username", sandbox.SampleUser, "password", "wrong")
	b.shows("password is wrong")
	b.byPassword()
	page := b.page
	b.press("fail")
	b.isBack(back + "&result=accessDenied")
	b.page = page
	b.press("fail-not-found")
	b.isBack(back + "&result=pageNotFound")

	b.open("/portasigma/document/" + ids[0])
	if b.status != 200 {
		t.Error("the signer cannot see the document")
	}
	for _, stranger := range []struct {
		b  *browser
		id string
	}{{r.browser(), ids[0]}, {b, anas[0]}} {
		stranger.b.open("/portasigma/document/" + stranger.id)
		if stranger.b.status != 404 {
			t.Errorf("a stranger to request %s sees its document", stranger.id)
		}
	}
}

func TestPortaSigmaRedirectsNowhereElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, ids := r.addDoc(samplePDF(t), sample)
	b := r.browser()
	for _, address := range []string{"http://evil.example/", "//evil.example/", "javascript:alert(1)", "/portasigma", "ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://127.0.0.1.evil.example/", ""} {
		for _, id := range []string{ids[0], "999"} {
			b.open("/portasigma/gateway/sign.html?id=" + id + "&urlreturn=" + url.QueryEscape(address))
			if b.left != "" || b.status != 400 {
				t.Errorf("urlreturn %q: status %d, left for %q", address, b.status, b.left)
			}
		}
	}
	b.open("/portasigma/gateway/sign.html?id=999&urlreturn=https%3A%2F%2Fapp.example%2Fdone")
	if b.left != "" {
		t.Errorf("a link alone redirects to %q", b.left)
	}
	b.shows("https://app.example/done?result=pageNotFound")
	b.open("/portasigma/request/view.html?id=" + ids[0] + "&url=" + url.QueryEscape(back))
	b.shows("Choose your certificate")
}

func TestPortaSigmaSaysWhenADocumentCannotBeSigned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address, ids := r.addDoc(encryptedPDF(t), sample)
	b := r.browser()
	b.open(gatewayAddress("usergateway", "", ids[0]))
	b.byPassword()
	b.press("sign", "read", "yes", "pin", sandbox.SamplePIN)
	b.shows("Nothing was signed: the document is encrypted")
	r.want(404, r.service(r.request("GET", address+"content/", nil)))
}

func TestPortaSigmaIntegrationAPI(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address, ids := r.addDoc(samplePDF(t), sample)
	if address != r.root+"/portasigma/v1/docs/1/" || ids[0] != "1" {
		t.Errorf("document %q, signer %q", address, ids[0])
	}
	r.want(200, r.service(r.request("GET", "/portasigma/v1/users/"+r.box.Credentials().User+"/", nil)))
	r.want(404, r.service(r.request("GET", "/portasigma/v1/users/nobody/", nil)))
	r.want(401, r.do(r.request("GET", address, nil)))
	r.want(401, r.do(withBasic(r.request("GET", address, nil), r.box.Credentials().User, "wrong")))
	r.want(400, r.service(r.multipart("/portasigma/v1/docs/", part{"file", "a.pdf", "text"})))
	r.want(413, r.service(r.multipart("/portasigma/v1/docs/", part{"file", "a.pdf", "%PDF-" + strings.Repeat(" ", 60<<20)})))
	for _, wrong := range []string{"name=A&email=b&id-country=ES", "name=A&email=b&id-country=Spain&id-number=1", "name=A&email=b&id-country=ES&id-number=" + strings.Repeat("1", 201)} {
		form := r.request("POST", address, strings.NewReader(wrong))
		form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.want(400, r.service(form))
	}

	r.want(204, r.service(r.request("DELETE", address, nil)))
	r.want(404, r.service(r.request("DELETE", address, nil)))
	r.want(404, r.service(r.request("GET", address, nil)))
	b := r.browser()
	b.open(gatewayAddress("gateway", "", ids[0]))
	b.isBack(back + "&result=pageNotFound")
	if again, _ := r.addDoc(samplePDF(t)); again != r.root+"/portasigma/v1/docs/2/" {
		t.Errorf("a number is given again: %s", again)
	}
}

func TestPortaSigmaCopies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address, ids := r.addDoc(samplePDF(t), sample)
	add := func(address, form string) answer {
		req := r.request("POST", address+"oncopy/", strings.NewReader(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r.service(req)
	}
	for n, form := range []string{"name=Bea+Ruiz&email=bea%40example.test", "name=Carl&email=carl%40example.test"} {
		if got := r.want(303, add(address, form)).header.Get("Location"); got != address+"oncopy/"+strconv.Itoa(n+1)+"/" {
			t.Errorf("Location %q", got)
		}
	}
	r.want(400, add(address, "name=Nobody"))
	r.want(400, add(address, "name=A&email="+strings.Repeat("b", 201)))
	r.want(404, add("/portasigma/v1/docs/99/", "name=A&email=b"))
	var doc struct {
		Oncopy []struct{ Name, Email string }
	}
	r.json(r.want(200, r.service(r.request("GET", address, nil))), &doc)
	if len(doc.Oncopy) != 2 || doc.Oncopy[0].Name != "Bea Ruiz" || doc.Oncopy[1].Email != "carl@example.test" {
		t.Errorf("copies %+v", doc.Oncopy)
	}
	b := r.browser()
	b.open(gatewayAddress("usergateway", "", ids[0]))
	b.byPassword()
	b.shows("Copy to")
	b.shows("Bea Ruiz")
	for range 98 {
		r.want(303, add(address, "name=A&email=b"))
	}
	r.want(409, add(address, "name=A&email=b"))
}

func TestPortaSigmaForgetsAnEarlierSession(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, ids := r.addDoc(samplePDF(t), sample)
	_, anas := r.addDoc(samplePDF(t), ana)
	b := r.browser()
	b.open(gatewayAddress("usergateway", "", ids[0]))
	b.byPassword()
	root, err := url.Parse(r.root + "/portasigma/")
	r.must(err)
	earlier := b.client.Jar.Cookies(root)
	b.open(gatewayAddress("usergateway", "", anas[0]))
	b.press("sign-in", "username", ana.email, "password", sandbox.SamplePassword)
	b.shows("Step 2 of 2")
	other := r.browser()
	other.client.Jar.SetCookies(root, earlier)
	other.open("/portasigma/document/" + ids[0])
	if len(earlier) == 0 || other.status != 404 {
		t.Errorf("with the earlier cookie %v: status %d", earlier, other.status)
	}
}
