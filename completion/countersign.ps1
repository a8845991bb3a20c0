# Completion of countersign for PowerShell.
Register-ArgumentCompleter -Native -CommandName countersign -ScriptBlock {
	param($wordToComplete, $commandAst, $cursorPosition)
	$points = @{
		'' = @(
			, @('--help', 'Show context-sensitive help.')
			, @('-h', 'Show context-sensitive help.')
			, @('--home', 'Folder where the desk keeps everything.')
			, @('--register-key', 'File with the private key of the register, as countersignctl register export-key writes it. Used in place of the keyring.')
			, @('--look', 'Colors: system, light or dark. Default: as in the settings.')
			, @('--language', 'Language: system, en, es, ca or fr. Default: as in the settings.')
			, @('--notifications', 'Notify when signings end while the window is not in front. Default: as in the settings.')
			, @('--no-notifications', 'Notify when signings end while the window is not in front. Default: as in the settings.')
			, @('--tray', 'Stay in the system tray when the window is closed, where there is one.')
			, @('--no-tray', 'Stay in the system tray when the window is closed, where there is one.')
			, @('--verbose', 'Log more on standard error.')
			, @('-v', 'Log more on standard error.')
			, @('--version', 'Print the version, and nothing else.')
			, @('--licenses', 'Print the licenses of the software by others that is built in, and nothing else.')
		)
	}
	$values = @{
		' --home' = @()
		' --register-key' = @()
		' --look' = @('system', 'light', 'dark')
		' --language' = @('system', 'en', 'es', 'ca', 'fr')
	}
	$place = ''
	$last = ''
	foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
		if ($element.Extent.EndOffset -ge $cursorPosition) { break }
		$last = $element.Extent.Text
		if ($points.ContainsKey("$place/$last")) { $place = "$place/$last" }
	}
	if ($values.ContainsKey("$place $last")) {
		$values["$place $last"] | Where-Object { $_ -like "$wordToComplete*" } |
			ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
		return
	}
	$points[$place] | Where-Object { $_[0] -like "$wordToComplete*" -and ($wordToComplete -like '-*' -or $_[0] -notlike '-*') } |
		ForEach-Object { [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[1]) }
}
