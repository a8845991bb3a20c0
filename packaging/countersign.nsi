; The installer for Windows. Whoever is no administrator installs it for themselves, and an administrator for everybody or for themselves;
; without questions by /S, with /CurrentUser or /AllUsers. For everybody, it also makes the folder of the policy. Removing the program keeps
; the homes and a policy. scripts/release-windows sets VERSION, VERSION_NUMBERS and FROM.
Target amd64-unicode ; as the programs are
SetCompressor /SOLID lzma
SetDateSave off
ManifestDPIAware true

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Countersign"
!define AT_LOGIN "Software\Microsoft\Windows\CurrentVersion"
!define OPENER "Software\Classes\Applications\countersign.exe"
!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_MUI
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_INSTALLMODE_DEFAULT_CURRENTUSER
!define MULTIUSER_INSTALLMODE_INSTDIR "Countersign"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_KEY "${UNINSTALL}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${UNINSTALL}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_USE_PROGRAMFILES64
!define MUI_ICON "${FROM}/countersign.ico"
!define MUI_UNICON "${FROM}/countersign.ico"
!include MultiUser.nsh
!include MUI2.nsh
!include FileFunc.nsh

Name "Countersign"
OutFile "${FROM}/../countersign-${VERSION}-setup.exe"
VIProductVersion "${VERSION_NUMBERS}"
VIAddVersionKey ProductName "Countersign"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Installs Countersign"
VIAddVersionKey LegalCopyright "The developers of Countersign"

!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\countersign.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "Spanish"
!insertmacro MUI_LANGUAGE "Catalan"
!insertmacro MUI_LANGUAGE "French"
!insertmacro MUI_RESERVEFILE_LANGDLL

Function .onInit
	SetRegView 64
	!insertmacro MULTIUSER_INIT
FunctionEnd

Function un.onInit
	SetRegView 64
	!insertmacro MULTIUSER_UNINIT
FunctionEnd

; The folder of the policy, which everybody reads and administrators alone change. A user could have made it first. So a link or an empty folder in
; its place is made anew, and one with something in it is given to the administrators. What is in it stays.
!define POLICY_FOLDER "$APPDATA\Countersign" ; in ProgramData, for everybody
!define POLICY_ACCESS "O:BAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;FRFX;;;BU)" ; in SDDL

!macro changeAccess HOW
	nsExec::Exec '"$SYSDIR\icacls.exe" "$0" ${HOW}'
	Pop $3
	${If} $3 != 0
		DetailPrint "icacls $0 ${HOW}: $3"
	${EndIf}
!macroend

Function makePolicyFolder
	StrCpy $0 "${POLICY_FOLDER}"
	Delete "$0" ; a file of this name
	RMDir "$0"
	System::Call 'advapi32::ConvertStringSecurityDescriptorToSecurityDescriptorW(w "${POLICY_ACCESS}", i 1, *p .r1, p 0)'
	System::Call '*(i 24, i 0, p r1, i 0, i 0) p .r2' ; SECURITY_ATTRIBUTES
	System::Call 'kernel32::CreateDirectoryW(w r0, p r2) i .r3'
	System::Free $2
	System::Call 'kernel32::LocalFree(p r1)'
	${If} $3 = 0
		!insertmacro changeAccess "/setowner *S-1-5-32-544"
		!insertmacro changeAccess "/reset"
		!insertmacro changeAccess "/inheritance:r /grant:r *S-1-5-32-544:(OI)(CI)F *S-1-5-18:(OI)(CI)F *S-1-5-32-545:(OI)(CI)RX"
	${EndIf}
FunctionEnd

Section
	SetOutPath "$INSTDIR"
	; Windows does not replace a program that runs, but it moves one aside.
	Delete "$INSTDIR\*.old"
	Rename "$INSTDIR\countersign.exe" "$INSTDIR\countersign.exe.old"
	Rename "$INSTDIR\countersignctl.exe" "$INSTDIR\countersignctl.exe.old"
	File /r "${FROM}/files/*"
	Delete /REBOOTOK "$INSTDIR\*.old"
	CreateShortcut "$SMPROGRAMS\Countersign.lnk" "$INSTDIR\countersign.exe"
	WriteRegStr SHCTX "${OPENER}" "FriendlyAppName" "Countersign"
	WriteRegStr SHCTX "${OPENER}\SupportedTypes" ".pdf" ""
	WriteRegStr SHCTX "${OPENER}\shell\open\command" "" '"$INSTDIR\countersign.exe" "%1"'
	WriteRegStr SHCTX "${UNINSTALL}" "DisplayName" "Countersign"
	WriteRegStr SHCTX "${UNINSTALL}" "DisplayVersion" "${VERSION}"
	WriteRegStr SHCTX "${UNINSTALL}" "DisplayIcon" "$INSTDIR\countersign.exe"
	WriteRegStr SHCTX "${UNINSTALL}" "Publisher" "The developers of Countersign"
	WriteRegStr SHCTX "${UNINSTALL}" "InstallLocation" "$INSTDIR"
	WriteRegStr SHCTX "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
	WriteRegStr SHCTX "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'
	WriteRegDWORD SHCTX "${UNINSTALL}" "NoModify" 1
	WriteRegDWORD SHCTX "${UNINSTALL}" "NoRepair" 1
	${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
	WriteRegDWORD SHCTX "${UNINSTALL}" "EstimatedSize" $0
	WriteUninstaller "$INSTDIR\uninstall.exe"
	${If} $MultiUser.InstallMode == "AllUsers"
		Call makePolicyFolder
	${EndIf}
SectionEnd

Section Uninstall
	Delete "$SMPROGRAMS\Countersign.lnk"
	DeleteRegKey SHCTX "${OPENER}"
	DeleteRegKey SHCTX "${UNINSTALL}"
	!include "${FROM}/delete.nsh" ; each file that was installed, so that no other is touched
	Delete /REBOOTOK "$INSTDIR\*.old"
	; What the settings of the program have written for whoever removes it, unless it starts another copy.
	ReadRegStr $0 HKCU "${AT_LOGIN}\Run" "Countersign"
	StrCpy $1 '"$INSTDIR\countersign.exe"'
	StrLen $2 $1
	StrCpy $0 $0 $2
	${If} $0 == $1
		DeleteRegValue HKCU "${AT_LOGIN}\Run" "Countersign"
		DeleteRegValue HKCU "${AT_LOGIN}\Explorer\StartupApproved\Run" "Countersign"
	${EndIf}
	Delete "$INSTDIR\uninstall.exe"
	RMDir "$INSTDIR"
	${If} $MultiUser.InstallMode == "AllUsers"
		RMDir "${POLICY_FOLDER}" ; if there is nothing in it
	${EndIf}
SectionEnd
