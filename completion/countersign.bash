# Completion of countersign for bash.
_countersign() {
	local cur=${COMP_WORDS[COMP_CWORD]} command='' words='' word
	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $command/$word in
		esac
	done
	case "$command ${COMP_WORDS[COMP_CWORD-1]}" in
	' --home') return ;;
	' --register-key') return ;;
	' --look') mapfile -t COMPREPLY < <(compgen -W 'system light dark' -- "$cur"); return ;;
	' --language') mapfile -t COMPREPLY < <(compgen -W 'system en es ca fr' -- "$cur"); return ;;
	esac
	case "$command $cur" in
	' '-*) words='--help ''-h ''--home ''--register-key ''--look ''--language ''--notifications ''--no-notifications ''--tray ''--no-tray ''--verbose ''-v ''--version ''--licenses ' ;;
	esac
	[[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _countersign countersign
