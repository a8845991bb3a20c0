# Completion of countersign for fish.
function __countersign_at
	set -l place ''
	for word in (commandline -opc)[2..]
		contains -- $place/$word
		and set place $place/$word
	end
	test "$place" = "$argv[1]"
end
complete -c countersign -n '__countersign_at ""' -l help -s h -d 'Show context-sensitive help.'
complete -c countersign -n '__countersign_at ""' -l home -r -d 'Folder where the desk keeps everything.'
complete -c countersign -n '__countersign_at ""' -l register-key -r -d 'File with the private key of the register, as countersignctl register export-key writes it. Used in place of the keyring.'
complete -c countersign -n '__countersign_at ""' -l look -x -a 'system light dark' -d 'Colors: system, light or dark. Default: as in the settings.'
complete -c countersign -n '__countersign_at ""' -l language -x -a 'system en es ca fr' -d 'Language: system, en, es, ca or fr. Default: as in the settings.'
complete -c countersign -n '__countersign_at ""' -l notifications -d 'Notify when signings end while the window is not in front. Default: as in the settings.'
complete -c countersign -n '__countersign_at ""' -l no-notifications -d 'Notify when signings end while the window is not in front. Default: as in the settings.'
complete -c countersign -n '__countersign_at ""' -l tray -d 'Stay in the system tray when the window is closed, where there is one.'
complete -c countersign -n '__countersign_at ""' -l no-tray -d 'Stay in the system tray when the window is closed, where there is one.'
complete -c countersign -n '__countersign_at ""' -l verbose -s v -d 'Log more on standard error.'
complete -c countersign -n '__countersign_at ""' -l version -d 'Print the version, and nothing else.'
complete -c countersign -n '__countersign_at ""' -l licenses -d 'Print the licenses of the software by others that is built in, and nothing else.'
