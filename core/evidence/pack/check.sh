#!/bin/sh
# Checks this pack with openssl (3.0 or later), sha256sum and what every Unix has. README.txt says what it shows.
#
#     sh check.sh [FINGERPRINT]
#
# FINGERPRINT is that of the desk's key, from a seal or from the desk itself. The last line of the output is the result.
# Exit codes: 0 everything holds, 1 something does not, 2 nothing could be checked.
#
# It reads files with fixed names in its own folder, never runs their content, and writes to a temporary folder that it
# removes.

set -u
LC_ALL=C
export LC_ALL
umask 077
unset CDPATH
case $0 in */*) cd -- "${0%/*}" || exit 2 ;; esac

stop() {
	printf 'VERDICT: nothing could be checked: %s.\n' "$1"
	exit 2
}
for tool in openssl sha256sum awk cmp comm cut grep head od sed sort tail tr uniq wc xargs; do
	command -v "$tool" >/dev/null 2>&1 || stop "$tool is not installed"
done
case $(openssl version 2>/dev/null) in
"OpenSSL "[3-9].* | "OpenSSL "[1-9][0-9].*) ;;
*) stop "openssl is older than 3.0, or another program of that name" ;;
esac
tmp=${TMPDIR:-/tmp}/countersign-check-$$
mkdir "$tmp" || stop "there is no temporary folder"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM

faults=0
good() { printf 'holds: %s\n' "$1"; }
note() { printf 'note:  %s\n' "$1"; }
bad() {
	printf 'BROKEN: %s\n' "$1"
	faults=$((faults + 1))
}
# sum and sumof set $sum to a SHA-256: of a file, and of standard input.
sum() { sumof <"$1"; }
sumof() {
	sum=$(sha256sum)
	sum=${sum%% *}
}
size() { wc -c <"$1" | tr -d ' '; }
plain() { [ -f "$1" ] && [ ! -h "$1" ]; }
fingerprint() { openssl pkey -pubin -in "$1" -outform DER 2>/dev/null </dev/null | sha256sum | cut -c1-16; }
# verified FILE SIGNATURE [KEY] succeeds when the desk's key, or the given one, signed a file.
verified() { openssl pkeyutl -verify -pubin -inkey "${3:-desk.pem}" -rawin -in "$1" -sigfile "$2" </dev/null >/dev/null 2>&1; }
# only PATTERN FILE succeeds when every line of a file matches and the last one is complete.
only() { [ -s "$2" ] && [ "$(grep -Evc -e "$1" "$2")" = 0 ] && [ "$(tail -c 1 "$2" | od -An -tx1 | tr -d ' ')" = 0a ]; }

for name in manifest.txt pack.txt pack.sig desk.pem register.txt signatures.txt; do
	plain "$name" || { bad "$name is missing"; printf 'VERDICT: this pack is NOT as the desk made it: %s is missing.\n' "$name"; exit 1; }
done

# 1. Every file is in the manifest with its hash, and there are no others.
listed='README\.txt|check\.sh|report\.html|request\.json|register\.txt|desk\.pem|signatures\.txt'
listed="$listed|desk-[0-9a-f]{16}\\.pem"
listed="$listed|original-[1-9][0-9]*\\.pdf|(signed|attached)-[1-9][0-9]*\\.pdf(\\.[1-9][0-9]*\\.(cms|pem))?"
before=$faults
if only "^[0-9a-f]{64}  ($listed)\$" manifest.txt; then
	cut -c67- manifest.txt >"$tmp/names"
	[ -z "$(sort "$tmp/names" | uniq -d)" ] || bad "manifest.txt lists a file twice"
	for name in README.txt check.sh report.html request.json register.txt desk.pem signatures.txt; do
		grep -qxF -e "$name" "$tmp/names" || bad "$name is not in the list"
	done
	: >"$tmp/there"
	while read -r name; do
		if plain "$name"; then
			printf '%s\n' "$name" >>"$tmp/there"
		else
			bad "$name is missing"
		fi
	done <"$tmp/names"
	xargs sha256sum <"$tmp/there" >"$tmp/sums" # these names have no special characters
	sort manifest.txt >"$tmp/listed"
	sort "$tmp/sums" | comm -23 - "$tmp/listed" | cut -c67- >"$tmp/changed"
	while read -r name; do bad "$name was changed"; done <"$tmp/changed"
	printf '%s\n' manifest.txt pack.txt pack.sig | sort - "$tmp/names" >"$tmp/belongs"
	for name in * .[!.]* ..?*; do
		[ -e "$name" ] || [ -h "$name" ] || continue
		case $name in
		.DS_Store | Thumbs.db | desktop.ini) note "$name was left by a file manager and is not part of the pack" ;;
		*[!0-9A-Za-z.-]* | -*) bad "a file that does not belong here" ;;
		*) printf '%s\n' "$name" >&3 ;;
		esac
	done 3>"$tmp/files"
	sort "$tmp/files" | comm -23 - "$tmp/belongs" >"$tmp/strange"
	while read -r name; do bad "$name does not belong here"; done <"$tmp/strange"
else
	: >"$tmp/names"
	bad "manifest.txt is not a list of the files of a pack"
fi
[ "$faults" -ne "$before" ] || good "all files are as listed in manifest.txt"

# 2. The manifest is signed with the desk's key.
key=$(fingerprint desk.pem)
if [ "$(wc -l <pack.txt | tr -d ' ')" = 1 ] && only '^countersign evidence v1 [0-9a-f]{16} [0-9A-Za-z-]{1,64} [0-9a-f]{64} [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$' pack.txt; then
	read -r _ _ _ register request list made <pack.txt
	sum manifest.txt
	[ "$sum" = "$list" ] || bad "manifest.txt is not the list that was signed"
	if verified pack.txt pack.sig; then
		good "the key $key signed this list at $made, for the request $request"
	else
		bad "the signature of the list is not of the key in desk.pem"
	fi
else
	register= request=
	bad "pack.txt is not what a desk signs"
fi
if [ $# -gt 0 ]; then
	if [ "$1" = "$key" ]; then
		good "desk.pem is the key with the fingerprint $key"
	else
		bad "desk.pem is another key than the one with that fingerprint: it has $key"
	fi
fi

# 3. The events are linked entries of the register, up to checkpoints that the desk's key signed.
# A number has no zero before it: shells would compute with it to the base of 8, and some then skip the whole loop.
hash='[0-9a-f]{64}' number='(0|[1-9][0-9]{0,14})'
form="register [0-9a-f]{16}|before $number $hash|entry $number $hash [0-9A-Za-z-]{1,64} [0-9]{1,9} [{].*[}]"
form="$form|other $number $hash $hash|signed $number $hash [0-9TZ:-]{20} [0-9A-Za-z+/=]{1,200}"
form="$form|witness $number $hash [0-9TZ:-]{20} [0-9A-Za-z+/=]{1,200} [0-9a-f]{16} [^ ].{0,255}"
before=$faults first='' last=0 events=0
: >"$tmp/plan"
: >"$tmp/witnesses"
if only "^($form)\$" register.txt; then
	cut -d' ' -f1-6 register.txt | awk '$1 == "entry" { print $1, $2, $3, NR, $4, $5; next } { print }' >"$tmp/plan"
else
	bad "register.txt is not an excerpt of a register"
fi
at=0 link='' open=0
while read -r what n is more id seq; do
	case $what in
	register)
		[ "$n" = "$register" ] || bad "an excerpt of another register"
		[ "$open" = 0 ] || bad "the entries up to $at are not signed"
		link=
		;;
	before)
		[ "$n" -ge "$at" ] || bad "the parts of the register are out of order"
		[ "$n" -gt 0 ] || [ -z "$(printf %s "$is" | tr -d 0)" ] || bad "the first entry builds on another one"
		at=$n link=$is
		;;
	entry | other)
		[ -n "$link" ] && [ "$n" -eq $((at + 1)) ] || bad "entry $n is not in its place"
		sum=$more
		if [ "$what" = entry ]; then
			[ "$id" = "$request" ] || bad "entry $n is of another request"
			[ "$seq" -gt "$last" ] || bad "event $seq is not in its place"
			[ "$seq" -eq $((last + 1)) ] || note "of the events between $last and $seq there are only the hashes"
			[ "$seq" -gt 1 ] || first=$more
			last=$seq events=$((events + 1))
			sed -n "${more}s/^entry [0-9]* [0-9a-f]* //p" register.txt >"$tmp/event"
			sum "$tmp/event"
		fi
		link=$(printf '%s %s\n' "$link" "$sum" | sha256sum)
		link=${link%% *}
		[ "$link" = "$is" ] || bad "entry $n, or one before it, was changed"
		at=$n open=1
		;;
	signed | witness)
		[ "$n" -eq "$at" ] && [ "$is" = "$link" ] || bad "what is signed is not entry $at"
		printf 'countersign register v1 %s %s %s %s\n' "$register" "$at" "$link" "$more" >"$tmp/statement"
		printf %s "$id" | openssl base64 -d -A >"$tmp/signature" 2>/dev/null
		if [ "$what" = signed ]; then
			verified "$tmp/statement" "$tmp/signature" || bad "the signature of entry $at is not of the key in desk.pem"
			open=0
		elif ! plain "desk-$seq.pem" || [ "$(fingerprint "desk-$seq.pem")" != "$seq" ]; then
			bad "the key of the desk that signed entry $at, desk-$seq.pem, is missing"
		elif verified "$tmp/statement" "$tmp/signature" "desk-$seq.pem"; then
			printf '%s\n' "$seq" >>"$tmp/witnesses"
		else
			bad "the signature of entry $at is not of the key in desk-$seq.pem"
		fi
		;;
	esac
done <"$tmp/plan"
[ "$open" = 0 ] || bad "the entries up to $at are not signed"
sort -u "$tmp/witnesses" >"$tmp/witnesses.once"
[ -n "$first" ] || bad "the event that added the request is missing"
[ "$faults" -ne "$before" ] || good "$events events are in the register $register as it was signed, the last as entry $at"
while read -r witness; do
	good "the desk of the office with the key $witness has signed these entries of the register, too"
done <"$tmp/witnesses.once"

# 4. The PDF files have the hashes that the events name.
before=$faults
: >"$tmp/originals"
[ -z "$first" ] || sed -n "${first}p" register.txt | tr '{' '\n' | sed -n 's/.*"sha256":"\([0-9a-f]\{64\}\)".*/\1/p' >"$tmp/originals"
n=0
while read -r want; do
	n=$((n + 1))
	plain "original-$n.pdf" || { bad "original-$n.pdf is missing"; continue; }
	sum "original-$n.pdf"
	[ "$sum" = "$want" ] || bad "original-$n.pdf is not what was added to the desk"
done <"$tmp/originals"
[ ! -e "original-$((n + 1)).pdf" ] || bad "original-$((n + 1)).pdf was never added to the desk"
grep '^entry .*"kind":"stored"' register.txt >"$tmp/stored"
grep -E '^(signed|attached)-[1-9][0-9]*\.pdf$' "$tmp/names" | sort >"$tmp/signed"
while read -r name; do
	plain "$name" || continue
	sum "$name"
	k=${name#*-} && k=${k%.pdf}
	case $name in
	signed-*) named="\"document\":$((k - 1)),\"sha256\":\"$sum\"" ;;
	*) named="\"sha256\":\"$sum\"" ;;
	esac
	grep -F -e "$named" "$tmp/stored" >"$tmp/told" || { bad "$name is not what the events name"; continue; }
	case $name in
	attached-*) note "$name came without an original to compare it with" ;;
	*)
		if grep -qF -e '"proves":true' "$tmp/told"; then
			printf '%s\n' "$name" >>"$tmp/proofs"
		else
			note "$name was stored, but the desk did not accept it as evidence"
		fi
		;;
	esac
done <"$tmp/signed"
[ "$faults" -ne "$before" ] || good "the PDF files are those that the events name"

# 5. Each signature that the desk found intact is the one in its file, and fits the bytes it covers.
: >"$tmp/after"
if [ -s signatures.txt ] && ! only '^((signed|attached)-[1-9][0-9]*\.pdf) [1-9][0-9]{0,3} [1-9][0-9]{0,11} [1-9][0-9]{0,11} [1-9][0-9]{0,11} (signature|timestamp)$' signatures.txt; then
	bad "signatures.txt is not a list of signatures"
else
	while read -r name n left right length kind; do
		what="signature $n of $name"
		cms=$name.$n.cms
		plain "$name" && plain "$cms" && plain "$name.$n.pem" || { bad "the files of $what are missing"; continue; }
		if [ "$left" -ge "$right" ] || [ $((right + length)) -gt "$(size "$name")" ]; then
			bad "$what claims to cover bytes that are not there"
			continue
		fi
		# The gap between the two parts holds only the signature, as <hexadecimal digits> padded with zeros.
		tail -c +$((left + 1)) "$name" | head -c $((right - left)) | tr -d '\000\t\n\014\r ' | tr A-F a-f >"$tmp/gap"
		printf '<%s' "$(od -An -v -tx1 <"$cms" | tr -d ' \n')" >"$tmp/found"
		long=$(size "$tmp/found")
		head -c "$long" "$tmp/gap" >"$tmp/begin"
		if ! cmp -s "$tmp/begin" "$tmp/found" || [ "$(tail -c +$((long + 1)) "$tmp/gap" | tr -d 0)" != '>' ]; then
			bad "$what is not the one in the file"
			continue
		fi
		{ head -c "$left" "$name" && tail -c +$((right + 1)) "$name" | head -c "$length"; } >"$tmp/content"
		if [ "$kind" = timestamp ]; then
			note "$what is a timestamp, which this script does not check"
			continue
		fi
		if ! openssl cms -verify -inform DER -in "$cms" -content "$tmp/content" -binary -noverify -signer "$tmp/signer" -out /dev/null </dev/null >/dev/null 2>&1; then
			bad "$what does not fit the bytes it covers"
			continue
		fi
		for one in "$tmp/signer" "$name.$n.pem"; do
			openssl x509 -in "$one" -noout -fingerprint -sha256 -subject -nameopt RFC2253 </dev/null 2>/dev/null
			echo
		done >"$tmp/names-of"
		who=$(sed -n 's/^subject=//p' "$tmp/names-of" | head -n 1)
		if [ "$(sort "$tmp/names-of" | uniq -d | wc -l | tr -d ' ')" != 3 ]; then
			bad "$what was made with another certificate than $name.$n.pem"
			continue
		fi
		good "$what is intact: $who"
		rest=$(($(size "$name") - right - length))
		[ "$rest" -eq 0 ] || note "$what does not cover the last $rest bytes of the file"
		printf '%s %s\n' "$name" "$left" >>"$tmp/after"
	done <signatures.txt
fi

# 6. A signed file that the desk accepted begins with exactly the bytes that were sent, and was signed after them.
if [ -s "$tmp/proofs" ]; then
	while read -r name; do
		original=original-${name#signed-}
		plain "$name" && plain "$original" || continue
		length=$(size "$original")
		head -c "$length" "$name" >"$tmp/begin"
		if ! cmp -s "$tmp/begin" "$original"; then
			bad "$name does not begin with $original"
		elif ! awk -v name="$name" -v length_="$length" '$1 == name && $2 >= length_ + 0 { found = 1 } END { exit !found }' "$tmp/after"; then
			bad "$name has no intact signature that was made after $original"
		else
			good "$name begins with $original, and was signed after it"
		fi
	done <"$tmp/proofs"
fi

if [ "$faults" -ne 0 ]; then
	printf 'VERDICT: this pack is NOT as the desk made it: %s of its parts do not hold.\n' "$faults"
	exit 1
fi
if [ $# -gt 0 ]; then
	printf 'VERDICT: everything in this pack holds, and it is of the desk with the key %s.\n' "$key"
else
	printf 'VERDICT: everything in this pack holds. Compare the key %s with a seal, or ask the desk for it.\n' "$key"
fi
