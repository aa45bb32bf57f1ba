; The setup program for Windows, for one user and without an administrator. make_setup.py gives these:
;
; VERSION   as people read it        NUMBERS   the same as four numbers
; PROGRAM   the program's folder     PROJECT   the checkout
; ICON      the icon                 TARGET    the kind of setup program
; OUTPUT    what is made             SIGN      optional: a command that signs the file that it is given
;
; /S asks nothing, /D=FOLDER (the last one, without quotes) names another folder, and /LOGIN starts the program at login.

Target ${TARGET}
SetCompressor /SOLID lzma

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include StrFunc.nsh
!include WinVer.nsh
!include x64.nsh
${Using:StrFunc} UnStrLoc

!define APP "Folder Backup"
!define EXE "backup-gui.exe"
!define CONSOLE_EXE "backup-gui-cli.exe"
!define LICENCES "LICENCES.txt"
!define UNINSTALLER "uninstall.exe"
; As desktop/autostart.py names it.
!define LOGIN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define LOGIN_NAME "backup-gui"
; Whether the user has turned the entry off in the system's settings.
!define LOGIN_STATE_KEY "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\backup-gui"

Name "${APP}"
OutFile "${OUTPUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\${APP}"
InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"
ManifestDPIAware true
BrandingText "${APP} ${VERSION}"

!ifdef SIGN
  !finalize '${SIGN} "%1"'
  !uninstfinalize '${SIGN} "%1"'
!endif

VIProductVersion "${NUMBERS}"
!macro VERSION_TEXTS LANGUAGE DESCRIPTION
  VIAddVersionKey /LANG=${LANGUAGE} "ProductName" "${APP}"
  VIAddVersionKey /LANG=${LANGUAGE} "ProductVersion" "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} "FileDescription" "${DESCRIPTION}"
  VIAddVersionKey /LANG=${LANGUAGE} "FileVersion" "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} "LegalCopyright" "MIT"
!macroend

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_LICENSE "${PROJECT}/LICENSE"
!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipInUpdate
!insertmacro MUI_PAGE_COMPONENTS
!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipInUpdate
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
; A second start shows the window of the program that runs.
!define MUI_FINISHPAGE_RUN "$INSTDIR\${EXE}"
!insertmacro MUI_PAGE_FINISH
!define MUI_UNCONFIRMPAGE_TEXT_TOP "$(STAYS)"
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
; The first one is taken where the user's language is none of these.
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
!insertmacro VERSION_TEXTS ${LANG_ENGLISH} "${APP} Setup"
!insertmacro VERSION_TEXTS ${LANG_GERMAN} "${APP} installieren"

LangString AT_LOGIN ${LANG_ENGLISH} "Start when I log in"
LangString AT_LOGIN ${LANG_GERMAN} "Beim Anmelden starten"
LangString ABOUT_PROGRAM ${LANG_ENGLISH} "The program, and its entry in the start menu."
LangString ABOUT_PROGRAM ${LANG_GERMAN} "Das Programm und sein Eintrag im Startmenü."
LangString ABOUT_LOGIN ${LANG_ENGLISH} "Only the icon appears then. The settings of the program have this, too."
LangString ABOUT_LOGIN ${LANG_GERMAN} "Dann erscheint nur das Symbol. Dies steht auch in den Einstellungen des Programms."
LangString IN_USE ${LANG_ENGLISH} "${APP} is still running, or another program uses its files. End it, then try again."
LangString IN_USE ${LANG_GERMAN} "${APP} läuft noch, oder ein anderes Programm benutzt seine Dateien. Beenden Sie es, und versuchen Sie es dann noch einmal."
LangString NOT_WRITTEN ${LANG_ENGLISH} "Some files could not be written. The drive may be full."
LangString NOT_WRITTEN ${LANG_GERMAN} "Einige Dateien konnten nicht geschrieben werden. Vielleicht ist das Laufwerk voll."
LangString TOO_OLD ${LANG_ENGLISH} "${APP} needs Windows 10 or newer with 64 bits."
LangString TOO_OLD ${LANG_GERMAN} "${APP} braucht Windows 10 oder neuer mit 64 Bit."
LangString STAYS ${LANG_ENGLISH} "${APP} is removed from this computer. Your backups, their histories and your settings stay as they are."
LangString STAYS ${LANG_GERMAN} "${APP} wird von diesem Computer entfernt. Ihre Sicherungen, deren Verlauf und Ihre Einstellungen bleiben, wie sie sind."

Var IsUpdate
Var WasRunning

; For setup and uninstaller: ends the program, and makes sure that nothing uses its files.
!macro END_PROGRAM PREFIX
  Function ${PREFIX}EndProgram
    StrCpy $WasRunning 0
    ${IfNot} ${FileExists} "$INSTDIR\${CONSOLE_EXE}"
      Return
    ${EndIf}
    ; It waits until the program has ended, and only says something if none was running.
    nsExec::ExecToStack '"$INSTDIR\${CONSOLE_EXE}" --quit'
    Pop $0
    Pop $1
    ${If} "$0|$1" == "0|"
      StrCpy $WasRunning 1
    ${EndIf}
    try:
    ; A command that another program has started, such as a planned task, is not asked to end.
    StrCpy $2 0
    ${Do}
      ClearErrors
      ${If} ${FileExists} "$INSTDIR\${EXE}"
        FileOpen $0 "$INSTDIR\${EXE}" a
        FileClose $0
      ${EndIf}
      ${IfNot} ${Errors}
        FileOpen $0 "$INSTDIR\${CONSOLE_EXE}" a
        FileClose $0
      ${EndIf}
      ${IfNot} ${Errors}
        Return
      ${EndIf}
      Sleep 200
      IntOp $2 $2 + 1
    ${LoopUntil} $2 = 25
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(IN_USE)" /SD IDCANCEL IDRETRY try
    Abort "$(IN_USE)"
  FunctionEnd
!macroend
!insertmacro END_PROGRAM ""
!insertmacro END_PROGRAM "un."

Section "${APP}" PROGRAM_SECTION
  SectionIn RO
  Call EndProgram
  ${If} ${FileExists} "$INSTDIR\${EXE}"
    ; Nothing of another version is loaded together with this one.
    RMDir /r "$INSTDIR\_internal"
  ${EndIf}
  SetOutPath "$INSTDIR"
  ClearErrors
  File /r "${PROGRAM}/*"
  ${If} ${Errors}
    MessageBox MB_OK|MB_ICONSTOP "$(NOT_WRITTEN)" /SD IDOK
    Abort "$(NOT_WRITTEN)"
  ${EndIf}
  WriteUninstaller "$INSTDIR\${UNINSTALLER}"
  ; Not the program's folder, which could not be removed while something has started there.
  SetOutPath "$PROFILE"
  CreateShortcut "$SMPROGRAMS\${APP}.lnk" "$INSTDIR\${EXE}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${APP}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${EXE}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${APP}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\${UNINSTALLER}"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\${UNINSTALLER}" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" $0
SectionEnd

Section /o "$(AT_LOGIN)" LOGIN_SECTION
  WriteRegStr HKCU "${LOGIN_KEY}" "${LOGIN_NAME}" '"$INSTDIR\${EXE}" --hidden'
SectionEnd

Section "-restart"
  ${If} $WasRunning = 1
    Exec '"$INSTDIR\${EXE}" --hidden'
  ${EndIf}
SectionEnd

Section "un.${APP}"
  Call un.EndProgram
  ; That of another installation stays.
  ReadRegStr $0 HKCU "${LOGIN_KEY}" "${LOGIN_NAME}"
  ${UnStrLoc} $1 "$0" "$INSTDIR\${EXE}" ">"
  ${If} $1 != ""
    DeleteRegValue HKCU "${LOGIN_KEY}" "${LOGIN_NAME}"
    DeleteRegValue HKCU "${LOGIN_STATE_KEY}" "${LOGIN_NAME}"
  ${EndIf}
  Delete "$SMPROGRAMS\${APP}.lnk"
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\${EXE}"
  Delete "$INSTDIR\${CONSOLE_EXE}"
  Delete "$INSTDIR\${LICENCES}"
  Delete "$INSTDIR\${UNINSTALLER}"
  RMDir "$INSTDIR"
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
SectionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${PROGRAM_SECTION} "$(ABOUT_PROGRAM)"
  !insertmacro MUI_DESCRIPTION_TEXT ${LOGIN_SECTION} "$(ABOUT_LOGIN)"
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Function .onInit
  ${IfNot} ${AtLeastWin10}
  ${OrIfNot} ${RunningX64}
    MessageBox MB_OK|MB_ICONSTOP "$(TOO_OLD)" /SD IDOK
    Abort
  ${EndIf}
  StrCpy $IsUpdate 0
  ${If} ${FileExists} "$INSTDIR\${UNINSTALLER}"
    StrCpy $IsUpdate 1
  ${EndIf}
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/LOGIN" $1
  ${IfNot} ${Errors}
    !insertmacro SelectSection ${LOGIN_SECTION}
  ${EndIf}
FunctionEnd

; An update changes neither the place nor a setting.
Function SkipInUpdate
  ${If} $IsUpdate = 1
    Abort
  ${EndIf}
FunctionEnd
