#!/bin/sh
# check.sh REGISTER.txt REGISTER.pub
#
# Checks the text form of a register: its chain with sha256sum, and its checkpoints with openssl.
# It needs no other program. Its exit status is 0 if everything holds.
set -efu
export LC_ALL=C
file=$1 key=$2
register='' number='' link='' unsigned=0 signatures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "DOES NOT HOLD, line $line: $*" >&2; exit 1; }
sha256() { sha256sum | cut -d' ' -f1; }

line=0
while IFS= read -r text; do
	line=$((line + 1))
	kind=${text%% *} rest=${text#* }
	case $kind in
	register)
		register=$rest ;;
	before)
		[ "$unsigned" = 0 ] || fail "the $unsigned entries before are not signed"
		number=${rest%% *} link=${rest#* } ;;
	entry | other)
		n=${rest%% *} rest=${rest#* }
		[ "$n" = "$((number + 1))" ] || fail "entry $((number + 1)) is missing"
		stated=${rest%% *} hash=${rest#* }
		if [ "$kind" = entry ]; then
			hash=$(printf '%s\n' "$hash" | sha256)
		fi
		link=$(printf '%s %s\n' "$link" "$hash" | sha256)
		[ "$link" = "$stated" ] || fail "entry $n is not what it was"
		number=$n unsigned=$((unsigned + 1)) ;;
	signed)
		n=${rest%% *} rest=${rest#* }
		stated=${rest%% *} rest=${rest#* }
		time=${rest%% *} signature=${rest#* }
		[ "$n" = "$number" ] && [ "$stated" = "$link" ] || fail "the checkpoint does not match the entries before it"
		printf 'countersign register v1 %s %s %s %s\n' "$register" "$n" "$link" "$time" >"$work/statement"
		printf '%s\n' "$signature" | openssl base64 -d -A >"$work/signature"
		openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$work/statement" -sigfile "$work/signature" >/dev/null 2>&1 ||
			fail "the signature at entry $n is not of this key"
		unsigned=0 signatures=$((signatures + 1)) ;;
	*)
		fail "this is not a line of a register" ;;
	esac
done <"$file"

[ -n "$number" ] || fail "the file has no register"
echo "holds: up to entry $number, link $link, $signatures signatures, the last $unsigned entries are not signed"
