#!/bin/sh
# check.sh REGISTER.txt REGISTER.pub... [SEAL]
#
# Checks the text form of a register: its chain with sha256sum, its checkpoints with openssl (3.0 or later), and a seal,
# which is given as the one line that was printed. REGISTER.txt may be - for standard input. The register of an office has
# signatures of its desks, too: those of the keys that are given are checked.
# Every line must match the form of a line before a word of it is used.
#
# Exit codes:
#   0  entry 1 and all that follow it up to the last signature are there and hold
#   1  something does not hold
#   2  nothing could be checked
#   3  what is there holds, but entries are missing, are there only as hashes, or are not signed
set -efu
export LC_ALL=C
umask 077
line=''

stop() { printf 'NOT CHECKED: %s\n' "$1" >&2; exit 2; }
fail() { status=1; printf 'DOES NOT HOLD%s: %s\n' "${line:+, line $line}" "$1" >&2; exit 1; }
sha256() { sha256sum | cut -d' ' -f1; }

[ $# -ge 2 ] || stop "call it with a register, its public key or keys and, where there is one, a seal"
for tool in cat cmp cut grep mktemp mv openssl rm sed sha256sum tr; do
	command -v "$tool" >/dev/null || stop "$tool is not installed"
done
openssl pkeyutl -help 2>&1 | grep -q -e -rawin || stop "openssl is older than 3.0"
work=$(mktemp -d) || stop "there is no temporary folder"
status=2 # also when a tool fails, or the answer cannot be printed
trap 'rm -rf -- "$work"; exit $status' EXIT
trap 'exit 2' HUP INT TERM

# The files are read once, and only through redirections: a name can then be no option and no address.
if [ "$1" = - ]; then cat; else cat <"$1"; fi >"$work/register" || stop "the register cannot be read"
shift
keys='' # the fingerprints, each the name of a file with a key
while [ $# -gt 0 ] && { [ -z "$keys" ] || [ -e "$1" ]; }; do
	openssl pkey -pubin -passin pass: -outform DER -out "$work/key" <"$1" 2>/dev/null &&
		openssl pkey -pubin -inform DER -in "$work/key" -noout -text | grep -q '^ED25519 Public-Key:' ||
		stop "a file is not the public key of a register"
	key=$(sha256 <"$work/key" | cut -c1-16)
	mv "$work/key" "$work/$key"
	case " $keys " in *" $key "*) ;; *) keys="$keys${keys:+ }$key" ;; esac
	shift
done
[ $# -le 1 ] || stop "a key is missing, or more than a seal follows the keys"

number='(0|[1-9][0-9]{0,14})' hash='[0-9a-f]{64}' id='[0-9a-f]{16}'
time='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z' signature='[0-9A-Za-z+/]{85}[AQgw]=='
form="register ($id)?|before $number $hash|other $number $hash $hash|signed $number $hash $time $signature"
form="$form|entry $number $hash [0-9A-Za-z-]{1,64} [1-9][0-9]{0,8} [{].*[}]"
form="$form|witness $number $hash $time $signature $id [^ ].{0,255}"
# strange FILE FORM prints the number of the first line that does not have the form.
strange() { sed -En "\\%^($2)\$%!{=;q;}" "$1"; }

seal_count='' seal_holds=''
if [ $# -eq 1 ]; then
	printf '%s\n' "$1" >"$work/seal"
	bad=$(strange "$work/seal" "Countersign seal v1: $time, [1-9][0-9]{0,14} entries, head $hash, register $id, key ($id|none), check [0-9a-f]{8}")
	[ -z "$bad" ] && [ "$(grep -c . "$work/seal")" = 1 ] || stop "the last argument is no key file, and as a seal it is not one line as it was printed"
	read -r _ _ _ seal_time seal_count _ _ seal_link _ seal_register _ seal_key _ sum <"$work/seal"
	[ "$(printf %s "${1%, check *}" | sha256 | cut -c1-8)" = "$sum" ] || stop "the seal has a typing error"
	seal_time=${seal_time%,} seal_link=${seal_link%,} seal_register=${seal_register%,} seal_key=${seal_key%,}
fi

tr -d '\000-\011\013-\037' <"$work/register" | cmp -s - "$work/register" || fail "some line has control characters or carriage returns, which no register has"
line=$(strange "$work/register" "$form") || stop "sed -E does not work here"
[ -z "$line" ] || fail "this is not a line of a register"
line=0

register='' number=0 link=$(printf '%064d' 0) before='' # before is the kind of the line before
hashes=0 missing=0 gaps=0 unsigned=0 signatures=0 signed=0 signed_link='' signed_at='' strangers=0
# sealed compares the link of entry number with the seal if that is of this entry.
sealed() {
	[ "$number" = "$seal_count" ] || return 0
	[ "$link" = "$seal_link" ] || fail "entry $number is not the one that was sealed"
	seal_holds=1
}

# verified KEYS succeeds if one of the keys has signed the statement, and notes how far it has signed.
verified() {
	for key in $1; do
		openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/$key" -rawin -in "$work/statement" -sigfile "$work/signature" >/dev/null 2>&1 || continue
		printf 'up to entry %s, at %s' "$n" "$at" >"$work/$key.signed"
		return
	done
	return 1
}

while IFS= read -r text || [ -n "$text" ]; do
	line=$((line + 1))
	kind=${text%% *} rest=${text#* }
	case $before-$kind in
	-register | signed-register | register-before | before-entry | before-other) ;;
	entry-entry | entry-other | entry-signed | other-entry | other-other | other-signed | signed-entry | signed-other) ;;
	entry-witness | other-witness | signed-witness | witness-witness | witness-entry | witness-other) ;;
	witness-register) [ "$unsigned" = 0 ] || fail "the $unsigned entries before are not signed" ;;
	entry-* | other-*) fail "the $unsigned entries before are not signed" ;;
	*) fail "a line is missing before this one, or this one does not belong here" ;;
	esac
	case $kind in
	register)
		[ -z "$before" ] || [ "$register" = "$rest" ] || fail "this is another register"
		[ -z "$seal_count" ] || [ "$seal_register" = "$rest" ] || fail "the seal is of another register"
		register=$rest ;;
	before)
		n=${rest%% *}
		[ "$n" -ge "$number" ] || fail "the entries are out of order"
		if [ "$n" = "$number" ]; then
			[ "$rest" = "$number $link" ] || fail "what follows does not build on entry $number"
		else
			printf 'missing: entries %s to %s\n' "$((number + 1))" "$n"
			missing=$((missing + n - number)) gaps=$((gaps + 1))
		fi
		number=$n link=${rest#* } ;;
	entry | other)
		n=${rest%% *} rest=${rest#* }
		[ "$n" = "$((number + 1))" ] || fail "entry $((number + 1)) is missing"
		sealed
		stated=${rest%% *} sum=${rest#* }
		if [ "$kind" = entry ]; then
			sum=$(printf '%s\n' "$sum" | sha256)
		else
			hashes=$((hashes + 1))
		fi
		link=$(printf '%s %s\n' "$link" "$sum" | sha256)
		[ "$link" = "$stated" ] || fail "entry $n is not what it was"
		number=$n unsigned=$((unsigned + 1))
		sealed ;;
	signed | witness)
		n=${rest%% *} rest=${rest#* }
		stated=${rest%% *} rest=${rest#* }
		at=${rest%% *} rest=${rest#* }
		[ "$n" = "$number" ] && [ "$stated" = "$link" ] || fail "the checkpoint does not match the entries before it"
		printf 'countersign register v1 %s %s %s %s\n' "$register" "$n" "$link" "$at" >"$work/statement"
		printf '%s\n' "${rest%% *}" | openssl base64 -d -A >"$work/signature"
		by=$keys # who may have signed
		if [ "$kind" = witness ]; then
			rest=${rest#* } by=${rest%% *}
			case " $keys " in *" $by "*) ;; *) by='' strangers=$((strangers + 1)) ;; esac
		fi
		if [ -n "$by" ]; then
			verified "$by" || fail "the signature at entry $n is not of this key"
			unsigned=0 signatures=$((signatures + 1)) signed=$n signed_link=$link signed_at=$at
		fi ;;
	esac
	before=$kind
done <"$work/register"
[ "$line" != 0 ] || fail "the file has no register"

code=0
if [ -n "$seal_holds" ]; then
	printf 'The seal of %s holds at entry %s.\n' "$seal_time" "$seal_count"
	case " $keys " in *" $seal_key "*) ;; *) printf 'The seal names another key: %s.\n' "$seal_key" ;; esac
elif [ -n "$seal_count" ]; then
	printf 'missing: entry %s, which was sealed at %s\n' "$seal_count" "$seal_time"
	code=3
fi
case $before in register | before)
	printf 'missing: what follows the last line\n'
	code=3 ;;
esac
[ "$signatures" != 0 ] && [ "$missing $hashes $unsigned" = '0 0 0' ] || code=3
if [ "$signatures" != 0 ]; then
	printf 'Entry %s was signed at %s. Whether entries after it were cut off, only a later seal shows.\n' "$signed" "$signed_at"
fi
[ "$strangers" = 0 ] || printf 'Not checked: %s signatures of desks whose keys were not given.\n' "$strangers"
case $keys in
*' '*)
	for key in $keys; do
		printf 'The key %s signed %s.\n' "$key" "$(cat <"$work/$key.signed" 2>/dev/null || printf nothing)"
	done
	keys="keys $keys" ;;
*) keys="key $keys" ;;
esac
[ "$code" = 0 ] && answer='holds' || answer='holds only in part'
printf '%s: up to entry %s of the register %s with the %s, %s signatures, the last of the link %s; %s entries are missing in %s gaps, %s are only hashes, the last %s are not signed\n' \
	"$answer" "$number" "${register:-none}" "$keys" "$signatures" "${signed_link:-none}" "$missing" "$gaps" "$hashes" "$unsigned"
status=$code
