<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Activity</name>
    <message>
        <source>Checked, nothing had changed.</source>
        <translation>Geprüft, nichts hatte sich geändert.</translation>
    </message>
    <message>
        <source>Deleted</source>
        <translation>Gelöscht</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Angaben</translation>
    </message>
    <message>
        <source>Folders were brought up to date.</source>
        <translation>Ordner wurden auf den neuesten Stand gebracht.</translation>
    </message>
    <message>
        <source>Moved</source>
        <translation>Verschoben</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>Some of it waited for your word.</source>
        <translation>Ein Teil wartete auf Ihre Entscheidung.</translation>
    </message>
    <message>
        <source>Stopped before the end.</source>
        <translation>Vor dem Ende angehalten.</translation>
    </message>
    <message>
        <source>The backup could not be made.</source>
        <translation>Die Sicherung konnte nicht gemacht werden.</translation>
    </message>
    <message>
        <source>Updated</source>
        <translation>Aktualisiert</translation>
    </message>
    <message>
        <source>{new}, before: {old}</source>
        <translation>{new}, vorher: {old}</translation>
    </message>
</context>
<context>
    <name>ActivityModel</name>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschehen ist</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
</context>
<context>
    <name>ActivityPage</name>
    <message>
        <source>Each time your files are checked or copied, it is noted here.</source>
        <translation>Jedes Mal, wenn Ihre Dateien geprüft oder kopiert werden, wird es hier vermerkt.</translation>
    </message>
    <message>
        <source>Everything</source>
        <translation>Alles</translation>
    </message>
    <message>
        <source>Files copied</source>
        <translation>Kopierte Dateien</translation>
    </message>
    <message>
        <source>Files deleted</source>
        <translation>Gelöschte Dateien</translation>
    </message>
    <message>
        <source>Files moved</source>
        <translation>Verschobene Dateien</translation>
    </message>
    <message>
        <source>&amp;Undo these changes…</source>
        <translation>Diese Änderungen &amp;rückgängig machen …</translation>
    </message>
    <message>
        <source>Brings back what was taken away from the backup then</source>
        <translation>Holt zurück, was damals aus der Sicherung genommen wurde</translation>
    </message>
    <message>
        <source>Choose a line to bring back what was taken away from the backup then</source>
        <translation>Wählen Sie eine Zeile, um zurückzuholen, was damals aus der Sicherung genommen wurde</translation>
    </message>
    <message>
        <source>It is no longer known what was done to which file then. What was taken away is in the history, by its time.</source>
        <translation>Es ist nicht mehr bekannt, was damals mit welcher Datei getan wurde. Was genommen wurde, ist im Verlauf unter seiner Zeit.</translation>
    </message>
    <message>
        <source>Nothing has been done yet</source>
        <translation>Noch ist nichts geschehen</translation>
    </message>
    <message>
        <source>Nothing of this kind was found.</source>
        <translation>Davon wurde nichts gefunden.</translation>
    </message>
    <message>
        <source>Nothing was taken away from the backup then</source>
        <translation>Damals wurde nichts aus der Sicherung genommen</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>Probleme</translation>
    </message>
    <message>
        <source>Search for a file or a word</source>
        <translation>Nach einer Datei oder einem Wort suchen</translation>
    </message>
    <message>
        <source>Search in what was done</source>
        <translation>In den Vorgängen suchen</translation>
    </message>
    <message>
        <source>Sho&amp;w:</source>
        <translation>An&amp;zeigen:</translation>
    </message>
    <message>
        <source>What to show</source>
        <translation>Was gezeigt wird</translation>
    </message>
    <message>
        <source>What was done, newest first</source>
        <translation>Was getan wurde, das Neueste zuerst</translation>
    </message>
</context>
<context>
    <name>BacklogLabel</name>
    <message>
        <source>Not known until everything was looked at</source>
        <translation>Unbekannt, bis alles einmal angesehen wurde</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>Nichts</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>State of the backup</source>
        <translation>Stand der Sicherung</translation>
    </message>
</context>
<context>
    <name>Behind</name>
    <message>
        <source>Not yet backed up: {changes}.</source>
        <translation>Noch nicht gesichert: {changes}.</translation>
    </message>
    <message>
        <source>{files}, over {size}, oldest {age}</source>
        <translation>{files}, über {size}, älteste Änderung vor {age}</translation>
    </message>
    <message>
        <source>{files}, {size}, oldest {age}</source>
        <translation>{files}, {size}, älteste Änderung vor {age}</translation>
    </message>
</context>
<context>
    <name>Board</name>
    <message>
        <source>&amp;Activity</source>
        <translation>&amp;Vorgänge</translation>
    </message>
    <message>
        <source>&amp;Log</source>
        <translation>Protok&amp;oll</translation>
    </message>
    <message>
        <source>&amp;New backup…</source>
        <translation>&amp;Neue Sicherung …</translation>
    </message>
    <message>
        <source>&amp;Problems</source>
        <translation>&amp;Probleme</translation>
    </message>
    <message>
        <source>&amp;Problems ({count})</source>
        <translation>&amp;Probleme ({count})</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sicherungen</translation>
    </message>
    <message>
        <source>H&amp;istory</source>
        <translation>Ver&amp;lauf</translation>
    </message>
    <message>
        <source>O&amp;verview</source>
        <translation>&amp;Übersicht</translation>
    </message>
    <message>
        <source>Se&amp;ttings</source>
        <translation>&amp;Einstellungen</translation>
    </message>
</context>
<context>
    <name>BringingDialog</name>
    <message>
        <source>&amp;Cancel</source>
        <translation>&amp;Abbrechen</translation>
    </message>
    <message>
        <source>&amp;Open the folder</source>
        <translation>Ordner ö&amp;ffnen</translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation>&amp;Schließen</translation>
    </message>
    <message>
        <source>Files that need a word</source>
        <translation>Dateien, zu denen etwas zu sagen ist</translation>
    </message>
    <message>
        <source>Getting ready…</source>
        <translation>Wird vorbereitet …</translation>
    </message>
    <message>
        <source>It waits for the drive, or for the check under way. You can close this window: it stops by itself, and what is back already is complete.</source>
        <translation>Es wird auf das Laufwerk oder auf die laufende Prüfung gewartet. Sie können dieses Fenster schließen: Es hört von selbst auf, und was schon zurück ist, ist vollständig.</translation>
    </message>
    <message>
        <source>Nothing was restored.</source>
        <translation>Nichts wurde wiederhergestellt.</translation>
    </message>
    <message>
        <source>Stopping takes a while…</source>
        <translation>Das Anhalten dauert eine Weile …</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird angehalten …</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} von {total}</translation>
    </message>
</context>
<context>
    <name>CardDelegate</name>
    <message>
        <source>{size} free</source>
        <translation>{size} frei</translation>
    </message>
</context>
<context>
    <name>Counted</name>
    <message numerus="yes">
        <source>%Ln changes</source>
        <translation>
            <numerusform>%Ln Änderung</numerusform>
            <numerusform>%Ln Änderungen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln changes are not yet backed up.</source>
        <translation>
            <numerusform>%Ln Änderung ist noch nicht gesichert.</numerusform>
            <numerusform>%Ln Änderungen sind noch nicht gesichert.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln checks</source>
        <translation>
            <numerusform>%Ln Prüfung</numerusform>
            <numerusform>%Ln Prüfungen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chosen</source>
        <translation>
            <numerusform>%Ln ausgewählt</numerusform>
            <numerusform>%Ln ausgewählt</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln days</source>
        <translation>
            <numerusform>%Ln Tag</numerusform>
            <numerusform>%Ln Tage</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln days ago</source>
        <translation>
            <numerusform>vor %Ln Tag</numerusform>
            <numerusform>vor %Ln Tagen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln deleted</source>
        <translation>
            <numerusform>%Ln gelöscht</numerusform>
            <numerusform>%Ln gelöscht</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln devices</source>
        <translation>
            <numerusform>%Ln Gerät</numerusform>
            <numerusform>%Ln Geräte</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln errors so far</source>
        <translation>
            <numerusform>Bisher %Ln Fehler</numerusform>
            <numerusform>Bisher %Ln Fehler</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files</source>
        <translation>
            <numerusform>%Ln Datei</numerusform>
            <numerusform>%Ln Dateien</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files and folders are chosen.</source>
        <translation>
            <numerusform>%Ln Datei oder Ordner ist ausgewählt.</numerusform>
            <numerusform>%Ln Dateien und Ordner sind ausgewählt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files are kept in the backup that your folder does not have.</source>
        <translation>
            <numerusform>%Ln Datei, die Ihr Ordner nicht hat, bleibt in der Sicherung.</numerusform>
            <numerusform>%Ln Dateien, die Ihr Ordner nicht hat, bleiben in der Sicherung.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files are left out. Their copies in the backup stay.</source>
        <translation>
            <numerusform>%Ln Datei ist ausgelassen. Ihre Kopie in der Sicherung bleibt.</numerusform>
            <numerusform>%Ln Dateien sind ausgelassen. Ihre Kopien in der Sicherung bleiben.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files cannot be copied:</source>
        <translation>
            <numerusform>%Ln Datei kann nicht kopiert werden:</numerusform>
            <numerusform>%Ln Dateien können nicht kopiert werden:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files come back into your folder as they were before: what was deleted, replaced or moved.</source>
        <translation>
            <numerusform>%Ln Datei kommt so in Ihren Ordner zurück, wie sie vorher war: was gelöscht, ersetzt oder verschoben wurde.</numerusform>
            <numerusform>%Ln Dateien kommen so in Ihren Ordner zurück, wie sie vorher waren: was gelöscht, ersetzt oder verschoben wurde.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files could not be backed up.</source>
        <translation>
            <numerusform>%Ln Datei konnte nicht gesichert werden.</numerusform>
            <numerusform>%Ln Dateien konnten nicht gesichert werden.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files could not be restored.</source>
        <translation>
            <numerusform>%Ln Datei konnte nicht wiederhergestellt werden.</numerusform>
            <numerusform>%Ln Dateien konnten nicht wiederhergestellt werden.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files in the backup folder were not put there by this backup and are different in your folder.</source>
        <translation>
            <numerusform>%Ln Datei im Sicherungsordner stammt nicht von dieser Sicherung und ist in Ihrem Ordner anders.</numerusform>
            <numerusform>%Ln Dateien im Sicherungsordner stammen nicht von dieser Sicherung und sind in Ihrem Ordner anders.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files in the backup folder were not put there by this backup and are not in your folder.</source>
        <translation>
            <numerusform>%Ln Datei im Sicherungsordner stammt nicht von dieser Sicherung und ist nicht in Ihrem Ordner.</numerusform>
            <numerusform>%Ln Dateien im Sicherungsordner stammen nicht von dieser Sicherung und sind nicht in Ihrem Ordner.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files in the backup folder were not put there by this backup: your folder lacks them, or has others.</source>
        <translation>
            <numerusform>%Ln Datei im Sicherungsordner stammt nicht von dieser Sicherung: In Ihrem Ordner fehlt sie oder ist anders.</numerusform>
            <numerusform>%Ln Dateien im Sicherungsordner stammen nicht von dieser Sicherung: In Ihrem Ordner fehlen sie oder sind anders.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files leave the backup. In your folder nothing changes.</source>
        <translation>
            <numerusform>%Ln Datei verlässt die Sicherung. In Ihrem Ordner ändert sich nichts.</numerusform>
            <numerusform>%Ln Dateien verlassen die Sicherung. In Ihrem Ordner ändert sich nichts.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files that are left out now are still in the backup ({size}).</source>
        <translation>
            <numerusform>%Ln Datei, die jetzt ausgelassen wird, ist noch in der Sicherung ({size}).</numerusform>
            <numerusform>%Ln Dateien, die jetzt ausgelassen werden, sind noch in der Sicherung ({size}).</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files that are there now are not in your folder, or different there. You are asked before they go.</source>
        <translation>
            <numerusform>%Ln Datei, die jetzt dort ist, ist nicht in Ihrem Ordner oder dort anders. Bevor sie geht, werden Sie gefragt.</numerusform>
            <numerusform>%Ln Dateien, die jetzt dort sind, sind nicht in Ihrem Ordner oder dort anders. Bevor sie gehen, werden Sie gefragt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files were replaced; what was there before goes to the history.</source>
        <translation>
            <numerusform>%Ln Datei wurde ersetzt; was vorher da war, kommt in den Verlauf.</numerusform>
            <numerusform>%Ln Dateien wurden ersetzt; was vorher da war, kommt in den Verlauf.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln files, see Problems</source>
        <translation>
            <numerusform>%Ln Datei, siehe Probleme</numerusform>
            <numerusform>%Ln Dateien, siehe Probleme</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln folders</source>
        <translation>
            <numerusform>%Ln Ordner</numerusform>
            <numerusform>%Ln Ordner</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln folders in the backup folder were not put there by this backup and are not in your folder.</source>
        <translation>
            <numerusform>%Ln Ordner im Sicherungsordner stammt nicht von dieser Sicherung und ist nicht in Ihrem Ordner.</numerusform>
            <numerusform>%Ln Ordner im Sicherungsordner stammen nicht von dieser Sicherung und sind nicht in Ihrem Ordner.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln hours</source>
        <translation>
            <numerusform>%Ln Stunde</numerusform>
            <numerusform>%Ln Stunden</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln hours ago</source>
        <translation>
            <numerusform>vor %Ln Stunde</numerusform>
            <numerusform>vor %Ln Stunden</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln kept files, {size}</source>
        <translation>
            <numerusform>%Ln aufbewahrte Datei, {size}</numerusform>
            <numerusform>%Ln aufbewahrte Dateien, {size}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln lie beside a file that was there, under a name of their own.</source>
        <translation>
            <numerusform>%Ln liegt unter eigenem Namen neben einer Datei, die schon da war.</numerusform>
            <numerusform>%Ln liegen unter eigenem Namen neben einer Datei, die schon da war.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln minutes</source>
        <translation>
            <numerusform>%Ln Minute</numerusform>
            <numerusform>%Ln Minuten</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln minutes ago</source>
        <translation>
            <numerusform>vor %Ln Minute</numerusform>
            <numerusform>vor %Ln Minuten</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln more are checked every {interval}</source>
        <translation>
            <numerusform>%Ln weiterer wird geprüft (Abstand: {interval})</numerusform>
            <numerusform>%Ln weitere werden geprüft (Abstand: {interval})</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln moved</source>
        <translation>
            <numerusform>%Ln verschoben</numerusform>
            <numerusform>%Ln verschoben</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln new</source>
        <translation>
            <numerusform>%Ln neu</numerusform>
            <numerusform>%Ln neu</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln old versions were removed from the history, as its limits say.</source>
        <translation>
            <numerusform>%Ln alte Version wurde aus dem Verlauf entfernt, wie seine Grenzen es vorsehen.</numerusform>
            <numerusform>%Ln alte Versionen wurden aus dem Verlauf entfernt, wie seine Grenzen es vorsehen.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln old versions were removed to make room.</source>
        <translation>
            <numerusform>%Ln alte Version wurde entfernt, um Platz zu schaffen.</numerusform>
            <numerusform>%Ln alte Versionen wurden entfernt, um Platz zu schaffen.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln other backups need you, too.</source>
        <translation>
            <numerusform>%Ln weitere Sicherung braucht Sie auch.</numerusform>
            <numerusform>%Ln weitere Sicherungen brauchen Sie auch.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln other entries</source>
        <translation>
            <numerusform>%Ln anderer Eintrag</numerusform>
            <numerusform>%Ln andere Einträge</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln pipes</source>
        <translation>
            <numerusform>%Ln Pipe</numerusform>
            <numerusform>%Ln Pipes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln problems</source>
        <translation>
            <numerusform>%Ln Problem</numerusform>
            <numerusform>%Ln Probleme</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln replaced</source>
        <translation>
            <numerusform>%Ln ersetzt</numerusform>
            <numerusform>%Ln ersetzt</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln seconds</source>
        <translation>
            <numerusform>%Ln Sekunde</numerusform>
            <numerusform>%Ln Sekunden</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln sockets</source>
        <translation>
            <numerusform>%Ln Socket</numerusform>
            <numerusform>%Ln Sockets</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln updated</source>
        <translation>
            <numerusform>%Ln aktualisiert</numerusform>
            <numerusform>%Ln aktualisiert</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln were there already with the same content.</source>
        <translation>
            <numerusform>%Ln war mit demselben Inhalt schon da.</numerusform>
            <numerusform>%Ln waren mit demselben Inhalt schon da.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln with new details</source>
        <translation>
            <numerusform>%Ln mit neuen Angaben</numerusform>
            <numerusform>%Ln mit neuen Angaben</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>All %Ln files and folders are back in your folder, and verified.</source>
        <translation>
            <numerusform>%Ln Datei oder Ordner ist zurück in Ihrem Ordner und geprüft.</numerusform>
            <numerusform>Alle %Ln Dateien und Ordner sind zurück in Ihrem Ordner und geprüft.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>All %Ln files were restored and verified.</source>
        <translation>
            <numerusform>Die Datei wurde wiederhergestellt und geprüft.</numerusform>
            <numerusform>Alle %Ln Dateien wurden wiederhergestellt und geprüft.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Checked %Ln times, nothing had changed.</source>
        <translation>
            <numerusform>Geprüft, nichts hatte sich geändert.</numerusform>
            <numerusform>%Ln-mal geprüft, nichts hatte sich geändert.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Keep these %Ln files no more?</source>
        <translation>
            <numerusform>Diese %Ln Datei nicht mehr behalten?</numerusform>
            <numerusform>Diese %Ln Dateien nicht mehr behalten?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Leaves out %Ln files, {size}</source>
        <translation>
            <numerusform>Lässt %Ln Datei aus, {size}</numerusform>
            <numerusform>Lässt %Ln Dateien aus, {size}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Not backed up for %Ln days</source>
        <translation>
            <numerusform>Seit %Ln Tag nicht gesichert</numerusform>
            <numerusform>Seit %Ln Tagen nicht gesichert</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Problems on %Ln days.</source>
        <translation>
            <numerusform>Probleme an %Ln Tag.</numerusform>
            <numerusform>Probleme an %Ln Tagen.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Putting back {done} of %Ln files and folders</source>
        <translation>
            <numerusform>%Ln Datei oder Ordner wird zurückgelegt</numerusform>
            <numerusform>{done} von %Ln Dateien und Ordnern werden zurückgelegt</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Restoring file {done} of %Ln</source>
        <translation>
            <numerusform>%Ln Datei wird wiederhergestellt</numerusform>
            <numerusform>Datei {done} von %Ln wird wiederhergestellt</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Stopped. {done} of %Ln files were restored.</source>
        <translation>
            <numerusform>Angehalten. {done} von %Ln Datei wurde wiederhergestellt.</numerusform>
            <numerusform>Angehalten. {done} von %Ln Dateien wurden wiederhergestellt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The first backups of %Ln folders are complete.</source>
        <translation>
            <numerusform>Die erste Sicherung von %Ln Ordner ist vollständig.</numerusform>
            <numerusform>Die ersten Sicherungen von %Ln Ordnern sind vollständig.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The last change before: %Ln files replaced or deleted on {when}.</source>
        <translation>
            <numerusform>Die letzte Änderung davor: %Ln Datei ersetzt oder gelöscht, {when}.</numerusform>
            <numerusform>Die letzte Änderung davor: %Ln Dateien ersetzt oder gelöscht, {when}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The next change after: %Ln files replaced or deleted on {when}.</source>
        <translation>
            <numerusform>Die nächste Änderung danach: %Ln Datei ersetzt oder gelöscht, {when}.</numerusform>
            <numerusform>Die nächste Änderung danach: %Ln Dateien ersetzt oder gelöscht, {when}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %Ln more</source>
        <translation>
            <numerusform>und %Ln weitere</numerusform>
            <numerusform>und %Ln weitere</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>details of %Ln files brought up to date</source>
        <translation>
            <numerusform>Angaben zu %Ln Datei aktualisiert</numerusform>
            <numerusform>Angaben zu %Ln Dateien aktualisiert</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>for %Ln days</source>
        <translation>
            <numerusform>seit %Ln Tag</numerusform>
            <numerusform>seit %Ln Tagen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{done} of %Ln files and folders are back in your folder, and verified.</source>
        <translation>
            <numerusform>{done} von %Ln Datei oder Ordner ist zurück in Ihrem Ordner und geprüft.</numerusform>
            <numerusform>{done} von %Ln Dateien und Ordnern sind zurück in Ihrem Ordner und geprüft.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{done} of %Ln files were restored and verified.</source>
        <translation>
            <numerusform>Die Datei konnte nicht wiederhergestellt werden.</numerusform>
            <numerusform>{done} von %Ln Dateien wurden wiederhergestellt und geprüft.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{what}, with %Ln in it</source>
        <translation>
            <numerusform>{what}, mit %Ln darin</numerusform>
            <numerusform>{what}, mit %Ln darin</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CrashDialog</name>
    <message>
        <source>&amp;Close</source>
        <translation>&amp;Schließen</translation>
    </message>
    <message>
        <source>Copy &amp;diagnostics…</source>
        <translation>&amp;Diagnose kopieren …</translation>
    </message>
    <message>
        <source>Open log &amp;folder</source>
        <translation>Protokollo&amp;rdner öffnen</translation>
    </message>
    <message>
        <source>Something unexpected happened in Folder Backup</source>
        <translation>In Folder Backup ist etwas Unerwartetes geschehen</translation>
    </message>
    <message>
        <source>Unexpected error</source>
        <translation>Unerwarteter Fehler</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschehen ist</translation>
    </message>
    <message>
        <source>Your files and your backup are unharmed: each file is put into the backup as a whole or not at all. The backups go on. If something in this window does not answer any more, quit the app and open it again.</source>
        <translation>Ihre Dateien und Ihre Sicherung sind unversehrt: Jede Datei kommt ganz in die Sicherung oder gar nicht. Die Sicherungen gehen weiter. Wenn etwas in diesem Fenster nicht mehr reagiert, beenden Sie das Programm und öffnen Sie es wieder.</translation>
    </message>
</context>
<context>
    <name>DayChart</name>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Last 30 days: {files}, {size}.</source>
        <translation>Letzte 30 Tage: {files}, {size}.</translation>
    </message>
    <message>
        <source>Nothing was copied in the last 30 days.</source>
        <translation>In den letzten 30 Tagen wurde nichts kopiert.</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>Probleme</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>{date}: nothing to copy</source>
        <translation>{date}: nichts zu kopieren</translation>
    </message>
    <message>
        <source>{date}: {files}, {size}</source>
        <translation>{date}: {files}, {size}</translation>
    </message>
    <message>
        <source>{figures}. Problems in {checks}</source>
        <translation>{figures}. Probleme bei {checks}</translation>
    </message>
</context>
<context>
    <name>DayPlot</name>
    <message>
        <source>Files and bytes copied on each of the last 30 days</source>
        <translation>Kopierte Dateien und Datenmenge an jedem der letzten 30 Tage</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
</context>
<context>
    <name>DecisionsPresenter</name>
    <message>
        <source>Choose “Back up now” first, then try again.</source>
        <translation>Wählen Sie zuerst „Jetzt sichern“ und versuchen Sie es dann noch einmal.</translation>
    </message>
    <message>
        <source>This backup is not running</source>
        <translation>Diese Sicherung läuft nicht</translation>
    </message>
</context>
<context>
    <name>DiagnosticsDialog</name>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation>&amp;Schließen</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>Copy diagnostics</source>
        <translation>Diagnose kopieren</translation>
    </message>
    <message>
        <source>Diagnostics</source>
        <translation>Diagnose</translation>
    </message>
    <message>
        <source>This helps somebody to find out what is wrong. Nothing is sent: it is copied for you to pass on.</source>
        <translation>Das hilft herauszufinden, was nicht stimmt. Nichts wird gesendet: Der Text wird kopiert, damit Sie ihn weitergeben können.</translation>
    </message>
    <message>
        <source>With &amp;names of backups, folders and files</source>
        <translation>Mit &amp;Namen von Sicherungen, Ordnern und Dateien</translation>
    </message>
</context>
<context>
    <name>FirstRun</name>
    <message>
        <source>&amp;Back</source>
        <translation>&amp;Zurück</translation>
    </message>
    <message>
        <source>&amp;Next</source>
        <translation>&amp;Weiter</translation>
    </message>
    <message>
        <source>&amp;Restore from a backup folder…</source>
        <translation>Aus einem Sicherungsordner wiederher&amp;stellen …</translation>
    </message>
    <message>
        <source>&amp;Start</source>
        <translation>&amp;Starten</translation>
    </message>
    <message>
        <source>All choices on one page, for those who know them</source>
        <translation>Alle Einstellungen auf einer Seite, für alle, die sie kennen</translation>
    </message>
    <message>
        <source>Best is a drive that you can unplug: it is safe from what happens to this computer.</source>
        <translation>Am besten ist ein Laufwerk, das Sie abziehen können: Ihm schadet nicht, was diesem Computer zustößt.</translation>
    </message>
    <message>
        <source>Brings files back from a backup that was made before, also elsewhere</source>
        <translation>Holt Dateien aus einer früheren Sicherung zurück, auch von anderswo</translation>
    </message>
    <message>
        <source>From now on every change in these folders is copied within seconds.</source>
        <translation>Ab jetzt wird jede Änderung in diesen Ordnern innerhalb von Sekunden kopiert.</translation>
    </message>
    <message>
        <source>Ready to start</source>
        <translation>Bereit zum Start</translation>
    </message>
    <message>
        <source>Set it up b&amp;y hand…</source>
        <translation>Von Ha&amp;nd einrichten …</translation>
    </message>
    <message>
        <source>Step {step} of {steps}</source>
        <translation>Schritt {step} von {steps}</translation>
    </message>
    <message>
        <source>This is what the first backup copies. You can go on working meanwhile.</source>
        <translation>Das kopiert die erste Sicherung. Sie können inzwischen weiterarbeiten.</translation>
    </message>
    <message>
        <source>What do you want to keep safe?</source>
        <translation>Was möchten Sie sichern?</translation>
    </message>
    <message>
        <source>Where should the backup be?</source>
        <translation>Wohin soll gesichert werden?</translation>
    </message>
</context>
<context>
    <name>FirstRunDialog</name>
    <message>
        <source>New backup</source>
        <translation>Neue Sicherung</translation>
    </message>
</context>
<context>
    <name>FolderField</name>
    <message>
        <source>Choose: {field}</source>
        <translation>Wählen: {field}</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen …</translation>
    </message>
</context>
<context>
    <name>FolderPage</name>
    <message>
        <source>&amp;Add a folder…</source>
        <translation>Ordner hin&amp;zufügen …</translation>
    </message>
    <message>
        <source>Choose a folder to keep safe</source>
        <translation>Ordner wählen, der gesichert werden soll</translation>
    </message>
    <message>
        <source>You can also drop a folder here.</source>
        <translation>Sie können auch einen Ordner hierher ziehen.</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>kann nicht gelesen werden</translation>
    </message>
    <message>
        <source>counting…</source>
        <translation>wird gezählt …</translation>
    </message>
    <message>
        <source>{files} so far</source>
        <translation>bisher {files}</translation>
    </message>
</context>
<context>
    <name>Headline</name>
    <message>
        <source>Another drive is where the backup of “{name}” was: {path}</source>
        <translation>Ein anderes Laufwerk ist, wo die Sicherung von „{name}“ war: {path}</translation>
    </message>
    <message>
        <source>Another folder is where your backup was, or a link leads to one.</source>
        <translation>Wo Ihre Sicherung war, ist ein anderer Ordner, oder eine Verknüpfung führt zu einem.</translation>
    </message>
    <message>
        <source>Back up now</source>
        <translation>Jetzt sichern</translation>
    </message>
    <message>
        <source>Backed up</source>
        <translation>Gesichert</translation>
    </message>
    <message>
        <source>Backed up, {ago}</source>
        <translation>Gesichert {ago}</translation>
    </message>
    <message>
        <source>Bringing folders up to date.</source>
        <translation>Ordner werden auf den neuesten Stand gebracht.</translation>
    </message>
    <message>
        <source>Checked at {time}.</source>
        <translation>Geprüft: {time}.</translation>
    </message>
    <message>
        <source>Copying {done} of {all} files</source>
        <translation>Datei {done} von {all} wird kopiert</translation>
    </message>
    <message>
        <source>Copying, {percent} %</source>
        <translation>Kopiert, {percent} %</translation>
    </message>
    <message>
        <source>Everything else is backed up.</source>
        <translation>Alles andere ist gesichert.</translation>
    </message>
    <message>
        <source>Everything else is backed up. Checked at {time}.</source>
        <translation>Alles andere ist gesichert. Geprüft: {time}.</translation>
    </message>
    <message>
        <source>Everything is backed up.</source>
        <translation>Alles ist gesichert.</translation>
    </message>
    <message>
        <source>Getting ready</source>
        <translation>Wird vorbereitet</translation>
    </message>
    <message>
        <source>Getting ready.</source>
        <translation>Wird vorbereitet.</translation>
    </message>
    <message>
        <source>Is that right?</source>
        <translation>Ist das richtig?</translation>
    </message>
    <message>
        <source>Last complete backup: {time}.</source>
        <translation>Letzte vollständige Sicherung: {time}.</translation>
    </message>
    <message>
        <source>Looking for changes.</source>
        <translation>Änderungen werden gesucht.</translation>
    </message>
    <message>
        <source>Needs a look</source>
        <translation>Bitte ansehen</translation>
    </message>
    <message>
        <source>Needs your word</source>
        <translation>Ihre Entscheidung fehlt</translation>
    </message>
    <message>
        <source>None of it is done until you say so. New files go on being backed up.</source>
        <translation>Nichts davon geschieht, bevor Sie zustimmen. Neue Dateien werden weiter gesichert.</translation>
    </message>
    <message>
        <source>Not working</source>
        <translation>Geht nicht</translation>
    </message>
    <message>
        <source>Nothing is written there until you say so. It goes on by itself when the right folder is back.</source>
        <translation>Bis Sie es sagen, wird dort nichts geschrieben. Ist der richtige Ordner wieder da, geht es von selbst weiter.</translation>
    </message>
    <message>
        <source>Nothing was touched, and nothing is backed up until you decide.</source>
        <translation>Es wurde nichts angerührt, und bis Sie entscheiden, wird nichts gesichert.</translation>
    </message>
    <message>
        <source>Nothing was touched. That version can go on with it.</source>
        <translation>Es wurde nichts angerührt. Jene Version kann damit weitermachen.</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Pausiert</translation>
    </message>
    <message>
        <source>Paused until {time}.</source>
        <translation>Pausiert bis {time}.</translation>
    </message>
    <message>
        <source>Paused.</source>
        <translation>Pausiert.</translation>
    </message>
    <message>
        <source>Putting files back into your folder.</source>
        <translation>Dateien werden in Ihren Ordner zurückgelegt.</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Review…</source>
        <translation>Durchsehen …</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Show history size</source>
        <translation>Größe des Verlaufs zeigen</translation>
    </message>
    <message>
        <source>The backup has stopped.</source>
        <translation>Die Sicherung ist stehen geblieben.</translation>
    </message>
    <message>
        <source>The folders are being looked at.</source>
        <translation>Die Ordner werden angesehen.</translation>
    </message>
    <message>
        <source>There is no complete backup yet.</source>
        <translation>Noch gibt es keine vollständige Sicherung.</translation>
    </message>
    <message>
        <source>They follow within moments.</source>
        <translation>Sie folgen in wenigen Augenblicken.</translation>
    </message>
    <message>
        <source>They stay in the backup. New and changed files go on being backed up.</source>
        <translation>Sie bleiben in der Sicherung. Neue und geänderte Dateien werden weiter gesichert.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Use this new drive…</source>
        <translation>Dieses neue Laufwerk verwenden …</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Waiting for the drive</source>
        <translation>Wartet auf das Laufwerk</translation>
    </message>
    <message>
        <source>Waiting for the drive of “{name}”: {path}</source>
        <translation>Warten auf das Laufwerk von „{name}“: {path}</translation>
    </message>
    <message>
        <source>Waiting for the drive: it has not answered for {time}.</source>
        <translation>Wartet auf das Laufwerk: Es antwortet seit {time} nicht.</translation>
    </message>
    <message>
        <source>Waiting for the folder of “{name}”: {path}</source>
        <translation>Warten auf den Ordner von „{name}“: {path}</translation>
    </message>
    <message>
        <source>What is this?</source>
        <translation>Was ist das?</translation>
    </message>
    <message>
        <source>What should happen to them?</source>
        <translation>Was soll mit ihnen geschehen?</translation>
    </message>
    <message>
        <source>Within an hour, {count} of {all} files were deleted from your folder or rewritten.</source>
        <translation>Innerhalb einer Stunde wurden {count} von {all} Dateien in Ihrem Ordner gelöscht oder neu geschrieben.</translation>
    </message>
    <message>
        <source>Working</source>
        <translation>Arbeitet</translation>
    </message>
    <message>
        <source>You chose to keep files that are no longer in your folder.</source>
        <translation>Sie behalten Dateien, die nicht mehr in Ihrem Ordner sind.</translation>
    </message>
    <message>
        <source>Your folder is suddenly empty. Everything would be deleted from the backup.</source>
        <translation>Ihr Ordner ist plötzlich leer. Alles würde aus der Sicherung gelöscht.</translation>
    </message>
    <message>
        <source>Your word is needed.</source>
        <translation>Ihre Entscheidung wird gebraucht.</translation>
    </message>
    <message>
        <source>about {time} left</source>
        <translation>noch etwa {time}</translation>
    </message>
    <message>
        <source>{count} of {all} files would be deleted from the backup or replaced.</source>
        <translation>{count} von {all} Dateien würden aus der Sicherung gelöscht oder ersetzt.</translation>
    </message>
    <message>
        <source>{count} of {all} files would be deleted from the backup.</source>
        <translation>{count} von {all} Dateien würden aus der Sicherung gelöscht.</translation>
    </message>
    <message>
        <source>{count} of {all} files would be replaced in the backup.</source>
        <translation>{count} von {all} Dateien würden in der Sicherung ersetzt.</translation>
    </message>
    <message>
        <source>{done} of {all}</source>
        <translation>{done} von {all}</translation>
    </message>
    <message>
        <source>{done} of {all} files</source>
        <translation>{done} von {all} Dateien</translation>
    </message>
    <message>
        <source>{files} looked at</source>
        <translation>{files} angesehen</translation>
    </message>
    <message>
        <source>{name} has not been backed up completely {age}.</source>
        <translation>{name} ist {age} nicht vollständig gesichert worden.</translation>
    </message>
    <message>
        <source>{name} has not been backed up completely {age}: some files have problems.</source>
        <translation>{name} ist {age} nicht vollständig gesichert worden: Einige Dateien machen Probleme.</translation>
    </message>
    <message>
        <source>{name} has not been backed up completely {age}: your word is needed.</source>
        <translation>{name} ist {age} nicht vollständig gesichert worden: Ihre Entscheidung wird gebraucht.</translation>
    </message>
    <message>
        <source>{name} has not been backed up {age}: it does not get through.</source>
        <translation>{name} ist {age} nicht gesichert worden: Die Sicherung gelingt nicht.</translation>
    </message>
    <message>
        <source>{name} has not been backed up {age}: it is paused.</source>
        <translation>{name} ist {age} nicht gesichert worden: Die Sicherung pausiert.</translation>
    </message>
    <message>
        <source>{name} has not been backed up {age}: its drive or folder is away.</source>
        <translation>{name} ist {age} nicht gesichert worden: Das Laufwerk oder der Ordner fehlt.</translation>
    </message>
    <message>
        <source>{name}: {sentence}</source>
        <translation>{name}: {sentence}</translation>
    </message>
    <message>
        <source>{what} Should this backup take the place over?</source>
        <translation>{what} Soll diese Sicherung den Ort übernehmen?</translation>
    </message>
</context>
<context>
    <name>HistoryLimits</name>
    <message>
        <source> GB</source>
        <translation> GB</translation>
    </message>
    <message>
        <source> days</source>
        <translation> Tage</translation>
    </message>
    <message>
        <source>Counting…</source>
        <translation>Wird gezählt …</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>It cannot be looked at at the moment</source>
        <translation>Er kann im Moment nicht angesehen werden</translation>
    </message>
    <message>
        <source>Keep replaced and deleted files</source>
        <translation>Ersetzte und gelöschte Dateien aufbewahren</translation>
    </message>
    <message>
        <source>Keep them f&amp;or</source>
        <translation>Au&amp;fbewahren für</translation>
    </message>
    <message>
        <source>Nothing is kept yet</source>
        <translation>Noch ist nichts aufbewahrt</translation>
    </message>
    <message>
        <source>Si&amp;ze at most</source>
        <translation>Höchst&amp;größe</translation>
    </message>
    <message>
        <source>Size now</source>
        <translation>Größe jetzt</translation>
    </message>
    <message>
        <source>as large as need be</source>
        <translation>so groß wie nötig</translation>
    </message>
    <message>
        <source>without end</source>
        <translation>unbegrenzt</translation>
    </message>
</context>
<context>
    <name>HistoryList</name>
    <message>
        <source>At this time there was nothing here. Choose another time, or show deleted files.</source>
        <translation>Zu diesem Zeitpunkt war hier nichts. Wählen Sie einen anderen, oder lassen Sie gelöschte Dateien zeigen.</translation>
    </message>
    <message>
        <source>Files and folders at that time</source>
        <translation>Dateien und Ordner zu diesem Zeitpunkt</translation>
    </message>
    <message>
        <source>Its drive may be away. Connect it, and come back to this page.</source>
        <translation>Vielleicht fehlt ihr Laufwerk. Schließen Sie es an, und kommen Sie auf diese Seite zurück.</translation>
    </message>
    <message>
        <source>No file of that name at the time chosen.</source>
        <translation>Zum gewählten Zeitpunkt gab es keine Datei dieses Namens.</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Nichts gefunden</translation>
    </message>
    <message>
        <source>Nothing here</source>
        <translation>Hier ist nichts</translation>
    </message>
    <message>
        <source>The backup cannot be read at the moment</source>
        <translation>Die Sicherung kann im Moment nicht gelesen werden</translation>
    </message>
    <message>
        <source>The drive does not answer</source>
        <translation>Das Laufwerk antwortet nicht</translation>
    </message>
    <message>
        <source>What is on it is shown as soon as it does. All else in the window goes on.</source>
        <translation>Was darauf ist, wird gezeigt, sobald es antwortet. Alles andere im Fenster geht weiter.</translation>
    </message>
</context>
<context>
    <name>HistoryModel</name>
    <message>
        <source>Changed</source>
        <translation>Geändert</translation>
    </message>
    <message>
        <source>Deleted {when}</source>
        <translation>Gelöscht: {when}</translation>
    </message>
    <message>
        <source>Last changed {when}</source>
        <translation>Zuletzt geändert: {when}</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>deleted {when}</source>
        <translation>gelöscht {when}</translation>
    </message>
</context>
<context>
    <name>HistoryPage</name>
    <message>
        <source>&amp;Save elsewhere…</source>
        <translation>&amp;Anderswo speichern …</translation>
    </message>
    <message>
        <source>A folder comes back with all that is in it.</source>
        <translation>Ein Ordner kommt mit allem zurück, was in ihm ist.</translation>
    </message>
    <message>
        <source>Also what had been deleted before that time, dimmed</source>
        <translation>Auch was vor diesem Zeitpunkt gelöscht wurde, abgeblendet</translation>
    </message>
    <message>
        <source>Choose a file to see its versions.</source>
        <translation>Wählen Sie eine Datei, um ihre Versionen zu sehen.</translation>
    </message>
    <message>
        <source>If it is the&amp;re:</source>
        <translation>&amp;Falls vorhanden:</translation>
    </message>
    <message>
        <source>If something is there already</source>
        <translation>Falls dort schon etwas ist</translation>
    </message>
    <message>
        <source>Put &amp;back</source>
        <translation>&amp;Zurückholen</translation>
    </message>
    <message>
        <source>Puts what is chosen back where it was</source>
        <translation>Bringt das Gewählte dorthin zurück, wo es war</translation>
    </message>
    <message>
        <source>Save in which folder?</source>
        <translation>In welchem Ordner speichern?</translation>
    </message>
    <message>
        <source>Search by name</source>
        <translation>Nach Namen suchen</translation>
    </message>
    <message>
        <source>Show &amp;deleted files</source>
        <translation>&amp;Gelöschte Dateien zeigen</translation>
    </message>
    <message>
        <source>There are more: only the first are shown.</source>
        <translation>Es gibt noch mehr: Nur die ersten werden gezeigt.</translation>
    </message>
    <message>
        <source>This cannot be read at the moment.</source>
        <translation>Das kann im Moment nicht gelesen werden.</translation>
    </message>
    <message>
        <source>Where something else is, what is put back gets a name of its own beside it. If you choose to replace, what was there goes to the history; what is not in the backup yet is never replaced.</source>
        <translation>Wo schon etwas anderes ist, bekommt das Zurückgeholte daneben einen eigenen Namen. Wenn Sie ersetzen lassen, kommt das Vorhandene in den Verlauf; was noch nicht gesichert ist, wird nie ersetzt.</translation>
    </message>
    <message>
        <source>keep both</source>
        <translation>beide behalten</translation>
    </message>
    <message>
        <source>replace it</source>
        <translation>ersetzen</translation>
    </message>
</context>
<context>
    <name>HistoryPresenter</name>
    <message>
        <source>Choose the folder that holds the copies of your files.</source>
        <translation>Wählen Sie den Ordner, in dem die Kopien Ihrer Dateien liegen.</translation>
    </message>
    <message>
        <source>The backup folder is opened as soon as it does. You can choose another one meanwhile.</source>
        <translation>Der Sicherungsordner wird geöffnet, sobald es antwortet. Sie können inzwischen einen anderen wählen.</translation>
    </message>
    <message>
        <source>The drive does not answer</source>
        <translation>Das Laufwerk antwortet nicht</translation>
    </message>
    <message>
        <source>This folder cannot be read</source>
        <translation>Dieser Ordner kann nicht gelesen werden</translation>
    </message>
</context>
<context>
    <name>HistoryWindow</name>
    <message>
        <source>Restore from {name}</source>
        <translation>Wiederherstellen aus {name}</translation>
    </message>
</context>
<context>
    <name>IntervalField</name>
    <message>
        <source> s</source>
        <translation> s</translation>
    </message>
</context>
<context>
    <name>JobSettings</name>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source> files</source>
        <translation> Dateien</translation>
    </message>
    <message>
        <source> min</source>
        <translation> min</translation>
    </message>
    <message>
        <source>&amp;Revert</source>
        <translation>Ver&amp;werfen</translation>
    </message>
    <message>
        <source>A folder on another drive, if you have one</source>
        <translation>Ein Ordner auf einem anderen Laufwerk, wenn Sie eines haben</translation>
    </message>
    <message>
        <source>Appl&amp;y</source>
        <translation>Ü&amp;bernehmen</translation>
    </message>
    <message>
        <source>Ask &amp;before more than</source>
        <translation>Na&amp;chfragen, bevor mehr als</translation>
    </message>
    <message>
        <source>Ask about files not &amp;written by this program</source>
        <translation>Nachfragen bei Da&amp;teien, die nicht von diesem Programm sind</translation>
    </message>
    <message>
        <source>Back &amp;up to</source>
        <translation>&amp;Ziel</translation>
    </message>
    <message>
        <source>Chec&amp;k every</source>
        <translation>P&amp;rüfen alle</translation>
    </message>
    <message>
        <source>Checks and safety</source>
        <translation>Prüfungen und Schutz</translation>
    </message>
    <message>
        <source>Choose the folder for the backup</source>
        <translation>Ordner für die Sicherung wählen</translation>
    </message>
    <message>
        <source>Choose the folder to protect</source>
        <translation>Ordner wählen, der gesichert werden soll</translation>
    </message>
    <message>
        <source>Folder for the backup</source>
        <translation>Ordner für die Sicherung</translation>
    </message>
    <message>
        <source>Folder to protect</source>
        <translation>Zu sichernder Ordner</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>How often then, the settings of the app say.</source>
        <translation>Wie oft dann, sagen die Einstellungen der App.</translation>
    </message>
    <message>
        <source>Less often on battery or a metered network</source>
        <translation>Seltener im Akkubetrieb oder wo Daten Geld kosten</translation>
    </message>
    <message>
        <source>Look at everythin&amp;g every</source>
        <translation>Alles prüfen im Ta&amp;kt von</translation>
    </message>
    <message>
        <source>Na&amp;me</source>
        <translation>Na&amp;me</translation>
    </message>
    <message>
        <source>Not applied yet.</source>
        <translation>Noch nicht übernommen.</translation>
    </message>
    <message>
        <source>Prot&amp;ect</source>
        <translation>&amp;Quelle</translation>
    </message>
    <message>
        <source>See &amp;changes at once, where possible</source>
        <translation>Änderungen &amp;sofort bemerken, wo möglich</translation>
    </message>
    <message>
        <source>Settings of the backup</source>
        <translation>Einstellungen der Sicherung</translation>
    </message>
    <message>
        <source>Something above is not right yet.</source>
        <translation>Oben stimmt etwas noch nicht.</translation>
    </message>
    <message>
        <source>The folder with your files</source>
        <translation>Der Ordner mit Ihren Dateien</translation>
    </message>
    <message>
        <source>The folder’s name</source>
        <translation>Der Name des Ordners</translation>
    </message>
    <message>
        <source>an&amp;d more than</source>
        <translation>&amp;und mehr als</translation>
    </message>
    <message>
        <source>of the files in the backup are deleted or replaced at once</source>
        <translation>der gesicherten Dateien auf einmal gelöscht oder ersetzt werden</translation>
    </message>
</context>
<context>
    <name>JobsModel</name>
    <message>
        <source>Free on the backup&apos;s drive: {size}</source>
        <translation>Frei auf dem Laufwerk der Sicherung: {size}</translation>
    </message>
    <message>
        <source>Last complete backup: {time}</source>
        <translation>Letzte vollständige Sicherung: {time}</translation>
    </message>
</context>
<context>
    <name>JobsPresenter</name>
    <message>
        <source>The backups go on, but changes to them are lost when the app ends.</source>
        <translation>Die Sicherungen gehen weiter, aber Änderungen an ihnen gehen verloren, sobald das Programm endet.</translation>
    </message>
    <message>
        <source>The settings could not be saved</source>
        <translation>Die Einstellungen konnten nicht gespeichert werden</translation>
    </message>
    <message>
        <source>This backup cannot be added</source>
        <translation>Diese Sicherung kann nicht hinzugefügt werden</translation>
    </message>
</context>
<context>
    <name>LogView</name>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Notes of all backups since the app was started.</source>
        <translation>Vermerke aller Sicherungen seit dem Start des Programms.</translation>
    </message>
    <message>
        <source>Nothing has been noted since the app was started.</source>
        <translation>Seit dem Start des Programms wurde nichts vermerkt.</translation>
    </message>
    <message>
        <source>Open log fol&amp;der</source>
        <translation>Protokollo&amp;rdner öffnen</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Choose the backup folder</source>
        <translation>Sicherungsordner wählen</translation>
    </message>
    <message>
        <source>Folder Backup</source>
        <translation>Folder Backup</translation>
    </message>
</context>
<context>
    <name>MenuBar</name>
    <message>
        <source>&amp;About Folder Backup</source>
        <translation>&amp;Über Folder Backup</translation>
    </message>
    <message>
        <source>&amp;Back up now</source>
        <translation>&amp;Jetzt sichern</translation>
    </message>
    <message>
        <source>&amp;Close window</source>
        <translation>&amp;Fenster schließen</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;How it works</source>
        <translation>So &amp;funktioniert es</translation>
    </message>
    <message>
        <source>&amp;Job</source>
        <translation>S&amp;icherung</translation>
    </message>
    <message>
        <source>&amp;Log</source>
        <translation>Protok&amp;oll</translation>
    </message>
    <message>
        <source>&amp;New backup…</source>
        <translation>&amp;Neue Sicherung …</translation>
    </message>
    <message>
        <source>&amp;Open backup folder</source>
        <translation>Sicherung ö&amp;ffnen</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>P&amp;ause</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Restore from a backup folder…</source>
        <translation>Aus einem Sicherungsordner wiederher&amp;stellen …</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>Fortset&amp;zen</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>&amp;Einstellungen …</translation>
    </message>
    <message>
        <source>&amp;What would be done?</source>
        <translation>&amp;Was würde getan?</translation>
    </message>
    <message>
        <source>Copy &amp;diagnostics…</source>
        <translation>&amp;Diagnose kopieren …</translation>
    </message>
    <message>
        <source>New backup &amp;by hand…</source>
        <translation>Neue Sicherung von &amp;Hand …</translation>
    </message>
    <message>
        <source>Open log &amp;folder</source>
        <translation>Protokollo&amp;rdner öffnen</translation>
    </message>
    <message>
        <source>Re&amp;move…</source>
        <translation>&amp;Entfernen …</translation>
    </message>
    <message>
        <source>Re&amp;store…</source>
        <translation>&amp;Wiederherstellen …</translation>
    </message>
    <message>
        <source>Re&amp;view…</source>
        <translation>D&amp;urchsehen …</translation>
    </message>
</context>
<context>
    <name>Messages</name>
    <message>
        <source>&amp;Do not say this again</source>
        <translation>Das &amp;nicht mehr sagen</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>About Folder Backup</source>
        <translation>Über Folder Backup</translation>
    </message>
    <message>
        <source>Changes are not backed up until you open it again. Nothing is lost.</source>
        <translation>Änderungen werden nicht gesichert, bis Sie das Programm wieder öffnen. Nichts geht verloren.</translation>
    </message>
    <message>
        <source>Folder Backup</source>
        <translation>Folder Backup</translation>
    </message>
    <message>
        <source>Folder Backup keeps an exact copy of a folder in another one. It watches your folder, copies what is new or changed within seconds, and removes from the copy what you delete.

What is replaced or deleted is kept in the history, a folder beside the backup: plain files, in the same folders, with the time in their names.

Your own folder is never written to, except where you have files put back. Unusually many deletions wait for your word.</source>
        <translation>Folder Backup hält eine genaue Kopie eines Ordners in einem anderen. Es beobachtet Ihren Ordner, kopiert Neues und Geändertes innerhalb von Sekunden und entfernt aus der Kopie, was Sie löschen.

Was ersetzt oder gelöscht wird, bleibt im Verlauf, einem Ordner neben der Sicherung: gewöhnliche Dateien in denselben Ordnern, mit der Zeit in ihren Namen.

In Ihren eigenen Ordner wird nie geschrieben, außer wenn Sie Dateien zurücklegen lassen. Ungewöhnlich viele Löschungen warten auf Ihr Wort.</translation>
    </message>
    <message>
        <source>How it works</source>
        <translation>So funktioniert es</translation>
    </message>
    <message>
        <source>Nothing is wrong with your files. As long as a folder or its drive cannot be reached, nothing is copied and nothing is deleted. The backup goes on by itself as soon as it is there again.</source>
        <translation>Mit Ihren Dateien ist alles in Ordnung. Solange ein Ordner oder sein Laufwerk nicht erreichbar ist, wird nichts kopiert und nichts gelöscht. Die Sicherung geht von selbst weiter, sobald er wieder da ist.</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Quit Folder Backup?</source>
        <translation>Folder Backup beenden?</translation>
    </message>
    <message>
        <source>Version {version}

Keeps an exact, current copy of a folder, with a history.</source>
        <translation>Version {version}

Hält eine genaue, aktuelle Kopie eines Ordners bereit, mit Verlauf.</translation>
    </message>
    <message>
        <source>&amp;Keep them no more</source>
        <translation>&amp;Nicht mehr behalten</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>&amp;Take it over</source>
        <translation>Über&amp;nehmen</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig machen</translation>
    </message>
    <message>
        <source>&amp;Use the new drive</source>
        <translation>Neues Laufwerk &amp;verwenden</translation>
    </message>
    <message>
        <source>Another backup</source>
        <translation>Eine andere Sicherung</translation>
    </message>
    <message>
        <source>Drive</source>
        <translation>Laufwerk</translation>
    </message>
    <message>
        <source>Everything is copied to the new drive, and a new history begins. The old drive keeps its backup and its history, but this backup waits for it no longer.</source>
        <translation>Alles wird auf das neue Laufwerk kopiert, und ein neuer Verlauf beginnt. Das alte Laufwerk behält seine Sicherung und seinen Verlauf, aber diese Sicherung wartet nicht mehr darauf.</translation>
    </message>
    <message>
        <source>Everything is copied to the new drive. The old drive keeps its backup, but this backup waits for it no longer.</source>
        <translation>Alles wird auf das neue Laufwerk kopiert. Das alte Laufwerk behält seine Sicherung, aber diese Sicherung wartet nicht mehr darauf.</translation>
    </message>
    <message>
        <source>If there are files in the backup folder on the new drive already, you are asked before they leave it.</source>
        <translation>Wenn im Sicherungsordner auf dem neuen Laufwerk schon Dateien sind, werden Sie gefragt, bevor sie ihn verlassen.</translation>
    </message>
    <message>
        <source>If these are unusually many, you are asked once more before anything is deleted.</source>
        <translation>Sind es ungewöhnlich viele, werden Sie noch einmal gefragt, bevor etwas gelöscht wird.</translation>
    </message>
    <message>
        <source>If you are not sure, choose another folder for this backup: {folder} then stays as it is.</source>
        <translation>Wenn Sie nicht sicher sind, wählen Sie einen anderen Ordner für diese Sicherung: {folder} bleibt dann, wie er ist.</translation>
    </message>
    <message>
        <source>It will &amp;not come back</source>
        <translation>Es kommt &amp;nicht wieder</translation>
    </message>
    <message>
        <source>Kept files</source>
        <translation>Behaltene Dateien</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>Ausgelassen</translation>
    </message>
    <message>
        <source>New drive</source>
        <translation>Neues Laufwerk</translation>
    </message>
    <message>
        <source>No history is kept: if your folder does not have them, they are gone.</source>
        <translation>Es wird kein Verlauf geführt: Was Ihr Ordner nicht hat, ist dann verloren.</translation>
    </message>
    <message>
        <source>Nothing is lost: what you have changed since stays beside them under another name.</source>
        <translation>Nichts geht verloren: Was Sie seither geändert haben, bleibt unter einem anderen Namen daneben.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove what is left out from the backup?</source>
        <translation>Das Ausgelassene aus der Sicherung entfernen?</translation>
    </message>
    <message>
        <source>Stop backing up “{name}”?</source>
        <translation>„{name}“ nicht mehr sichern?</translation>
    </message>
    <message>
        <source>Take this place over?</source>
        <translation>Diesen Ort übernehmen?</translation>
    </message>
    <message>
        <source>The backup becomes an exact copy of your folder again. No history is kept, so what leaves it is gone.</source>
        <translation>Die Sicherung wird wieder eine genaue Kopie Ihres Ordners. Ein Verlauf wird nicht geführt; was sie verlässt, ist also weg.</translation>
    </message>
    <message>
        <source>The backup becomes an exact copy of your folder again. What leaves it goes to the history.</source>
        <translation>Die Sicherung wird wieder eine genaue Kopie Ihres Ordners. Was sie verlässt, kommt in den Verlauf.</translation>
    </message>
    <message>
        <source>The backup itself and its history stay where they are:
{folder}</source>
        <translation>Die Sicherung selbst und ihr Verlauf bleiben, wo sie sind:
{folder}</translation>
    </message>
    <message>
        <source>They go to the history, where they are kept for as long as its limits say.</source>
        <translation>Sie kommen in den Verlauf und bleiben dort, solange seine Grenzen es vorsehen.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig machen</translation>
    </message>
    <message>
        <source>Undo these changes?</source>
        <translation>Diese Änderungen rückgängig machen?</translation>
    </message>
    <message>
        <source>Use the drive that is there now for the backup in “{folder}”?</source>
        <translation>Das jetzt angeschlossene Laufwerk für die Sicherung in „{folder}“ verwenden?</translation>
    </message>
    <message>
        <source>What is there and not the same in your folder goes to the history. The history that is there stays.</source>
        <translation>Was dort und in Ihrem Ordner nicht gleich ist, kommt in den Verlauf. Der vorhandene Verlauf bleibt.</translation>
    </message>
    <message>
        <source>What is there and not the same in your folder would have to go. No history is kept for this backup.</source>
        <translation>Was dort und in Ihrem Ordner nicht gleich ist, müsste gehen. Für diese Sicherung wird kein Verlauf geführt.</translation>
    </message>
    <message>
        <source>What the backup has of it then counts as deleted. No history is kept, so it is gone.</source>
        <translation>Was die Sicherung davon hat, gilt dann als gelöscht. Ein Verlauf wird nicht geführt; es ist also weg.</translation>
    </message>
    <message>
        <source>What the backup has of it then counts as deleted: it leaves the backup and goes to the history.</source>
        <translation>Was die Sicherung davon hat, gilt dann als gelöscht: Es verlässt die Sicherung und kommt in den Verlauf.</translation>
    </message>
    <message>
        <source>Will the drive of “{folder}” never come back?</source>
        <translation>Kommt das Laufwerk von „{folder}“ nie wieder?</translation>
    </message>
</context>
<context>
    <name>NewJobDialog</name>
    <message>
        <source>New backup</source>
        <translation>Neue Sicherung</translation>
    </message>
    <message>
        <source>S&amp;tart the backup</source>
        <translation>S&amp;icherung starten</translation>
    </message>
</context>
<context>
    <name>NotesModel</name>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschehen ist</translation>
    </message>
</context>
<context>
    <name>Notices</name>
    <message>
        <source>Everything else is backed up.</source>
        <translation>Alles andere ist gesichert.</translation>
    </message>
    <message>
        <source>Folder Backup</source>
        <translation>Folder Backup</translation>
    </message>
    <message>
        <source>Folder Backup goes on</source>
        <translation>Folder Backup läuft weiter</translation>
    </message>
    <message>
        <source>From now on every change follows by itself.</source>
        <translation>Ab jetzt folgt jede Änderung von selbst.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>Durchsehen</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>The first backup is complete.</source>
        <translation>Die erste Sicherung ist vollständig.</translation>
    </message>
    <message>
        <source>Your files go on being backed up. Click the icon to open the window again.</source>
        <translation>Ihre Dateien werden weiter gesichert. Ein Klick auf das Symbol öffnet das Fenster wieder.</translation>
    </message>
</context>
<context>
    <name>Overview</name>
    <message>
        <source>&amp;Back up now</source>
        <translation>&amp;Jetzt sichern</translation>
    </message>
    <message>
        <source>&amp;Open backup folder</source>
        <translation>Sicherung ö&amp;ffnen</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>Fortset&amp;zen</translation>
    </message>
    <message>
        <source>Backup</source>
        <translation>Sicherung</translation>
    </message>
    <message>
        <source>Backup drive</source>
        <translation>Sicherungslaufwerk</translation>
    </message>
    <message>
        <source>Checked every {interval}</source>
        <translation>Geprüft (Abstand: {interval})</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>For &amp;2 hours</source>
        <translation>Für &amp;2 Stunden</translation>
    </message>
    <message>
        <source>For &amp;30 minutes</source>
        <translation>Für &amp;30 Minuten</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Keep them no &amp;more…</source>
        <translation>Nicht &amp;mehr behalten…</translation>
    </message>
    <message>
        <source>Kept for you</source>
        <translation>Für Sie behalten</translation>
    </message>
    <message>
        <source>Last 30 days</source>
        <translation>Letzte 30 Tage</translation>
    </message>
    <message>
        <source>Last complete backup</source>
        <translation>Zuletzt vollständig</translation>
    </message>
    <message>
        <source>Not copied</source>
        <translation>Nicht kopiert</translation>
    </message>
    <message>
        <source>Not yet</source>
        <translation>Noch nicht</translation>
    </message>
    <message>
        <source>Not yet backed up</source>
        <translation>Noch nicht gesichert</translation>
    </message>
    <message>
        <source>Off: replaced and deleted files are not kept</source>
        <translation>Aus: Ersetzte und gelöschte Dateien werden nicht aufbewahrt</translation>
    </message>
    <message>
        <source>On a metered network, everything is checked only every {interval}.</source>
        <translation>In einem Netz, in dem Daten Geld kosten, wird alles seltener geprüft (Abstand: {interval}).</translation>
    </message>
    <message>
        <source>On battery, everything is checked only every {interval}.</source>
        <translation>Im Akkubetrieb wird alles seltener geprüft (Abstand: {interval}).</translation>
    </message>
    <message>
        <source>Only in a cloud</source>
        <translation>Nur in einer Cloud</translation>
    </message>
    <message>
        <source>Open the backup folder</source>
        <translation>Sicherungsordner öffnen</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Open the history folder</source>
        <translation>Verlaufsordner öffnen</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>Pa&amp;use</source>
        <translation>P&amp;ause</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Protection</source>
        <translation>Schutz</translation>
    </message>
    <message>
        <source>R&amp;estore…</source>
        <translation>&amp;Wiederherstellen …</translation>
    </message>
    <message>
        <source>Takes back what you decided when these files were held</source>
        <translation>Nimmt zurück, was Sie entschieden haben, als diese Dateien angehalten wurden</translation>
    </message>
    <message>
        <source>Until &amp;tomorrow morning</source>
        <translation>Bis &amp;morgen früh</translation>
    </message>
    <message>
        <source>Until I &amp;resume</source>
        <translation>Bis ich &amp;fortsetze</translation>
    </message>
    <message>
        <source>Watched</source>
        <translation>Beobachtet</translation>
    </message>
    <message>
        <source>What is going on</source>
        <translation>Was gerade geschieht</translation>
    </message>
    <message>
        <source>Your files</source>
        <translation>Ihre Dateien</translation>
    </message>
    <message>
        <source>{folders}, changes are seen at once</source>
        <translation>{folders}, Änderungen werden sofort bemerkt</translation>
    </message>
    <message>
        <source>{folders}, changes are seen at once; {rest}</source>
        <translation>{folders}, Änderungen werden sofort bemerkt; {rest}</translation>
    </message>
    <message>
        <source>{folders}, checked every {interval}</source>
        <translation>{folders}, geprüft (Abstand: {interval})</translation>
    </message>
    <message>
        <source>{kinds}, without content to copy.</source>
        <translation>{kinds}, ohne Inhalt zum Kopieren.</translation>
    </message>
</context>
<context>
    <name>PlacePage</name>
    <message>
        <source>&amp;Choose another folder…</source>
        <translation>&amp;Anderen Ordner wählen …</translation>
    </message>
    <message>
        <source>Choose the folder for the backup</source>
        <translation>Ordner für die Sicherung wählen</translation>
    </message>
    <message>
        <source>Fits</source>
        <translation>Passt</translation>
    </message>
    <message>
        <source>In a new fol&amp;der there: {name} (recommended)</source>
        <translation>In einem &amp;neuen Ordner dort: {name} (empfohlen)</translation>
    </message>
    <message>
        <source>In this folder &amp;itself: what else is in it would leave it</source>
        <translation>In diesem Ordner s&amp;elbst: Was sonst darin ist, würde entfernt</translation>
    </message>
    <message>
        <source>Looking for drives…</source>
        <translation>Laufwerke werden gesucht …</translation>
    </message>
    <message>
        <source>There is not enough room: {need} are needed, {free} are free.</source>
        <translation>Der Platz reicht nicht: {need} werden gebraucht, {free} sind frei.</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Dieser Computer</translation>
    </message>
    <message>
        <source>Too small</source>
        <translation>Zu klein</translation>
    </message>
    <message>
        <source>{free} free of {total}</source>
        <translation>{free} von {total} frei</translation>
    </message>
</context>
<context>
    <name>PlanModel</name>
    <message>
        <source>File or folder</source>
        <translation>Datei oder Ordner</translation>
    </message>
    <message>
        <source>In the backup it would be</source>
        <translation>In der Sicherung würde es</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>The folder itself</source>
        <translation>Der Ordner selbst</translation>
    </message>
    <message>
        <source>added</source>
        <translation>hinzugefügt</translation>
    </message>
    <message>
        <source>brought up to date</source>
        <translation>auf den neuesten Stand gebracht</translation>
    </message>
    <message>
        <source>deleted</source>
        <translation>gelöscht</translation>
    </message>
    <message>
        <source>moved</source>
        <translation>verschoben</translation>
    </message>
    <message>
        <source>moved from {old}</source>
        <translation>von {old} verschoben</translation>
    </message>
    <message>
        <source>moved to the history</source>
        <translation>in den Verlauf verschoben</translation>
    </message>
    <message>
        <source>replaced</source>
        <translation>ersetzt</translation>
    </message>
    <message>
        <source>{counts}; itself {what}</source>
        <translation>{counts}; selbst {what}</translation>
    </message>
    <message>
        <source>{name}, folder</source>
        <translation>{name}, Ordner</translation>
    </message>
    <message>
        <source>{path}
is now {old} in the backup</source>
        <translation>{path}
ist in der Sicherung jetzt {old}</translation>
    </message>
    <message>
        <source>{path} (folder)</source>
        <translation>{path} (Ordner)</translation>
    </message>
</context>
<context>
    <name>PlanView</name>
    <message>
        <source>&amp;All ({count})</source>
        <translation>&amp;Alle ({count})</translation>
    </message>
    <message>
        <source>&amp;Close all folders</source>
        <translation>Alle Ordner &amp;schließen</translation>
    </message>
    <message>
        <source>&amp;Only details ({count})</source>
        <translation>Nur An&amp;gaben ({count})</translation>
    </message>
    <message>
        <source>&amp;Replaced ({count})</source>
        <translation>&amp;Ersetzt ({count})</translation>
    </message>
    <message>
        <source>D&amp;eleted ({count})</source>
        <translation>Ge&amp;löscht ({count})</translation>
    </message>
    <message>
        <source>Mo&amp;ved ({count})</source>
        <translation>&amp;Verschoben ({count})</translation>
    </message>
    <message>
        <source>Ne&amp;w ({count})</source>
        <translation>&amp;Neu ({count})</translation>
    </message>
    <message>
        <source>Nothing with this in its name was found.</source>
        <translation>Nichts mit diesem Namen gefunden.</translation>
    </message>
    <message>
        <source>Search for a name</source>
        <translation>Nach einem Namen suchen</translation>
    </message>
    <message>
        <source>Sort by &amp;kind</source>
        <translation>Nach Ar&amp;t ordnen</translation>
    </message>
    <message>
        <source>Sort by &amp;name</source>
        <translation>Nach Na&amp;me ordnen</translation>
    </message>
    <message>
        <source>Sort by &amp;size</source>
        <translation>Nach &amp;Größe ordnen</translation>
    </message>
    <message>
        <source>What would happen</source>
        <translation>Was geschehen würde</translation>
    </message>
    <message>
        <source>{size} would be copied</source>
        <translation>{size} würden kopiert</translation>
    </message>
</context>
<context>
    <name>Preset</name>
    <message>
        <source>Build folders</source>
        <translation>Bauordner von Programmen</translation>
    </message>
    <message>
        <source>Caches</source>
        <translation>Zwischenspeicher</translation>
    </message>
    <message>
        <source>Temporary files</source>
        <translation>Temporäre Dateien</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>Papierkorb</translation>
    </message>
</context>
<context>
    <name>PreviewDialog</name>
    <message>
        <source>&amp;Close</source>
        <translation>&amp;Schließen</translation>
    </message>
    <message>
        <source>A preview is not possible at the moment</source>
        <translation>Eine Vorschau ist im Moment nicht möglich</translation>
    </message>
    <message>
        <source>Comparing</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>Comparing your folder with its backup…</source>
        <translation>Ihr Ordner wird mit seiner Sicherung verglichen …</translation>
    </message>
    <message>
        <source>Nothing to do</source>
        <translation>Nichts zu tun</translation>
    </message>
    <message>
        <source>Nothing would be done.</source>
        <translation>Es würde nichts getan.</translation>
    </message>
    <message>
        <source>The backup is an exact copy of your folder.</source>
        <translation>Die Sicherung ist eine genaue Kopie Ihres Ordners.</translation>
    </message>
    <message>
        <source>This is only a look: nothing is copied and nothing is deleted.</source>
        <translation>Das ist nur eine Vorschau: Nichts wird kopiert und nichts gelöscht.</translation>
    </message>
    <message>
        <source>What would be done: {name}</source>
        <translation>Was getan würde: {name}</translation>
    </message>
    <message>
        <source>{files} looked at</source>
        <translation>{files} angesehen</translation>
    </message>
    <message>
        <source>{what} You would be asked first.</source>
        <translation>{what} Sie würden vorher gefragt.</translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message>
        <source>Check the drive&apos;s write-protect switch, and whether the system reported errors on it.</source>
        <translation>Prüfen Sie, ob der Schreibschutzschalter des Laufwerks gesetzt ist und ob das System Fehler darauf gemeldet hat.</translation>
    </message>
    <message>
        <source>Close the program now and then: a whole copy follows. The last one is in the history.</source>
        <translation>Schließen Sie das Programm ab und zu: Dann wird die Datei vollständig kopiert. Die letzte vollständige Kopie ist im Verlauf.</translation>
    </message>
    <message>
        <source>Connect the drive. Until then its copy in the backup stays as it is.</source>
        <translation>Schließen Sie das Laufwerk an. Bis dahin bleibt seine Kopie in der Sicherung unverändert.</translation>
    </message>
    <message>
        <source>Give your user account permission to write in the backup folder.</source>
        <translation>Geben Sie Ihrem Benutzerkonto Schreibrechte für den Sicherungsordner.</translation>
    </message>
    <message>
        <source>It is tried again at every check.</source>
        <translation>Folder Backup versucht es bei jeder Prüfung erneut.</translation>
    </message>
    <message>
        <source>It is tried again at every check. Close the other program, if you can.</source>
        <translation>Folder Backup versucht es bei jeder Prüfung erneut. Schließen Sie nach Möglichkeit das andere Programm.</translation>
    </message>
    <message>
        <source>Give your user account permission to read it. The last copy stays in the backup.</source>
        <translation>Geben Sie Ihrem Benutzerkonto Leserechte dafür. Die letzte Kopie bleibt in der Sicherung.</translation>
    </message>
    <message>
        <source>Allow it in System Settings, under Privacy &amp; Security. The last copy stays in the backup.</source>
        <translation>Erlauben Sie es in den Systemeinstellungen unter „Datenschutz &amp; Sicherheit“. Die letzte Kopie bleibt in der Sicherung.</translation>
    </message>
    <message>
        <source>If it was moved or thrown away by mistake, look for it: its files need no program.</source>
        <translation>Wurde er versehentlich verschoben oder gelöscht, suchen Sie ihn: Seine Dateien lassen sich ohne Programm lesen.</translation>
    </message>
    <message>
        <source>It is tried again at every check. If it stays, the backup drive may be failing.</source>
        <translation>Folder Backup versucht es bei jeder Prüfung erneut. Bleibt der Fehler, ist das Sicherungslaufwerk möglicherweise defekt.</translation>
    </message>
    <message>
        <source>It is tried again at every check. If it stays, the drive may be failing.</source>
        <translation>Folder Backup versucht es bei jeder Prüfung erneut. Bleibt der Fehler, ist das Laufwerk möglicherweise defekt.</translation>
    </message>
    <message>
        <source>It is tried again at the next check. Do not work inside the backup folder.</source>
        <translation>Folder Backup versucht es bei der nächsten Prüfung erneut. Arbeiten Sie nicht im Sicherungsordner.</translation>
    </message>
    <message>
        <source>It is tried again by itself. Close other programs, or pause some of the backups.</source>
        <translation>Folder Backup versucht es von selbst erneut. Schließen Sie andere Programme, oder halten Sie einige der Sicherungen an.</translation>
    </message>
    <message>
        <source>It is tried again, and copied as it is after ten minutes.</source>
        <translation>Folder Backup versucht es erneut und kopiert die Datei nach zehn Minuten so, wie sie ist.</translation>
    </message>
    <message>
        <source>Look at the link, which this program did not make, and remove it.</source>
        <translation>Sehen Sie sich die Verknüpfung an, die nicht von diesem Programm stammt, und entfernen Sie sie.</translation>
    </message>
    <message>
        <source>Look in the program that mounts the cloud, or choose a folder on a drive.</source>
        <translation>Sehen Sie in dem Programm nach, das die Cloud einbindet, oder wählen Sie einen Ordner auf einem Laufwerk.</translation>
    </message>
    <message>
        <source>Make room on the backup drive, shorten the history, or use a larger drive.</source>
        <translation>Schaffen Sie Platz auf dem Sicherungslaufwerk, kürzen Sie den Verlauf, oder verwenden Sie ein größeres Laufwerk.</translation>
    </message>
    <message>
        <source>Nothing is lost: programs create such entries anew. Exclude it to hide this message.</source>
        <translation>Es geht nichts verloren: Programme legen so etwas neu an. Lassen Sie es aus, um diese Meldung auszublenden.</translation>
    </message>
    <message>
        <source>Nothing needs to be done unless you rely on them.</source>
        <translation>Sie müssen nichts tun, es sei denn, Sie sind darauf angewiesen.</translation>
    </message>
    <message>
        <source>Rename it, or exclude it.</source>
        <translation>Benennen Sie es um, oder lassen Sie es aus.</translation>
    </message>
    <message>
        <source>Rename it, or remove what is left out from the backup.</source>
        <translation>Benennen Sie es um, oder entfernen Sie das Ausgelassene aus der Sicherung.</translation>
    </message>
    <message>
        <source>Rename it, use a backup drive with another file system, or exclude it.</source>
        <translation>Benennen Sie es um, verwenden Sie ein Sicherungslaufwerk mit einem anderen Dateisystem, oder lassen Sie es aus.</translation>
    </message>
    <message>
        <source>Rename one of the two, or use a backup drive that tells upper from lower case.</source>
        <translation>Benennen Sie eines der beiden um, oder verwenden Sie ein Sicherungslaufwerk, das Groß- und Kleinschreibung unterscheidet.</translation>
    </message>
    <message>
        <source>Restore the backup&apos;s version, or take your decision back.</source>
        <translation>Stellen Sie die Version aus der Sicherung wieder her, oder nehmen Sie Ihre Entscheidung zurück.</translation>
    </message>
    <message>
        <source>Shorten the name or the folders above it, or exclude it.</source>
        <translation>Kürzen Sie den Namen oder die Namen der übergeordneten Ordner, oder lassen Sie es aus.</translation>
    </message>
    <message>
        <source>Take the protection off the copy in the backup (on Linux: chattr -i).</source>
        <translation>Heben Sie den Schutz der Kopie in der Sicherung auf (unter Linux: chattr -i).</translation>
    </message>
    <message>
        <source>Use a backup drive with another file system (exFAT, NTFS or ext4), or exclude the file.</source>
        <translation>Verwenden Sie ein Sicherungslaufwerk mit einem anderen Dateisystem (exFAT, NTFS oder ext4), oder lassen Sie die Datei aus.</translation>
    </message>
    <message>
        <source>What the link leads to is not affected. Exclude the link to hide this message.</source>
        <translation>Das Ziel der Verknüpfung ist nicht betroffen. Lassen Sie die Verknüpfung aus, um diese Meldung auszublenden.</translation>
    </message>
    <message>
        <source>{path}: {reason}</source>
        <translation>{path}: {reason}</translation>
    </message>
</context>
<context>
    <name>ProblemsModel</name>
    <message>
        <source>File or folder</source>
        <translation>Datei oder Ordner</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>Grund</translation>
    </message>
</context>
<context>
    <name>ProblemsPage</name>
    <message>
        <source>Adds it to what this backup leaves out</source>
        <translation>Fügt es dem hinzu, was diese Sicherung auslässt</translation>
    </message>
    <message>
        <source>If a file cannot be backed up, it is listed here by name, with the reason and what to do.</source>
        <translation>Wenn eine Datei nicht gesichert werden kann, steht sie hier mit Namen, Grund und Abhilfe.</translation>
    </message>
    <message>
        <source>Leave this &amp;out from now on</source>
        <translation>Dies künftig &amp;auslassen</translation>
    </message>
    <message>
        <source>No problems</source>
        <translation>Keine Probleme</translation>
    </message>
    <message>
        <source>T&amp;ry again</source>
        <translation>Noch einmal ver&amp;suchen</translation>
    </message>
    <message>
        <source>This drive will not &amp;come back…</source>
        <translation>Dieses Laufwerk &amp;kommt nicht wieder …</translation>
    </message>
    <message>
        <source>What could not be backed up</source>
        <translation>Was nicht gesichert werden konnte</translation>
    </message>
    <message>
        <source>What the backup has of this drive then counts as deleted</source>
        <translation>Was die Sicherung von diesem Laufwerk hat, gilt dann als gelöscht</translation>
    </message>
</context>
<context>
    <name>ProgressPanel</name>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
</context>
<context>
    <name>Refusal</name>
    <message>
        <source>&amp;End it and start</source>
        <translation>B&amp;eenden und starten</translation>
    </message>
    <message>
        <source>A backup under way stops, and goes on after the start</source>
        <translation>Eine laufende Sicherung hält an und geht nach dem Start weiter</translation>
    </message>
    <message>
        <source>Folder Backup</source>
        <translation>Folder Backup</translation>
    </message>
    <message>
        <source>Folder Backup cannot start</source>
        <translation>Folder Backup kann nicht starten</translation>
    </message>
</context>
<context>
    <name>Restoration</name>
    <message>
        <source>An unexpected error. The log has the details.</source>
        <translation>Ein unerwarteter Fehler. Näheres steht im Protokoll.</translation>
    </message>
    <message>
        <source>The backup of this folder could not be paused. You can save the files elsewhere.</source>
        <translation>Die Sicherung dieses Ordners konnte nicht angehalten werden. Sie können die Dateien anderswo speichern.</translation>
    </message>
    <message>
        <source>The folder to restore to is not there. You can save the files elsewhere.</source>
        <translation>Der Ordner, in den wiederhergestellt werden soll, ist nicht da. Sie können die Dateien anderswo speichern.</translation>
    </message>
    <message>
        <source>You can save the files elsewhere.</source>
        <translation>Sie können die Dateien anderswo speichern.</translation>
    </message>
    <message>
        <source>You have stopped it.</source>
        <translation>Sie haben es angehalten.</translation>
    </message>
    <message>
        <source>restored {when}</source>
        <translation>wiederhergestellt {when}</translation>
    </message>
</context>
<context>
    <name>Restore</name>
    <message>
        <source>There was no file to restore.</source>
        <translation>Es gab keine Datei wiederherzustellen.</translation>
    </message>
</context>
<context>
    <name>RestoreDialog</name>
    <message>
        <source>Folder: {folder}</source>
        <translation>Ordner: {folder}</translation>
    </message>
    <message>
        <source>Pausing the backup of this folder…</source>
        <translation>Die Sicherung dieses Ordners wird angehalten …</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Restored beside it as “{name}”</source>
        <translation>Daneben wiederhergestellt als „{name}“</translation>
    </message>
</context>
<context>
    <name>ReturnPresenter</name>
    <message>
        <source>This backup was removed or changed.</source>
        <translation>Diese Sicherung wurde entfernt oder geändert.</translation>
    </message>
</context>
<context>
    <name>Returned</name>
    <message>
        <source>Beside it is now “{name}”</source>
        <translation>Daneben liegt jetzt „{name}“</translation>
    </message>
    <message>
        <source>Brought back</source>
        <translation>Zurückgeholt</translation>
    </message>
    <message>
        <source>Folder: {folder}</source>
        <translation>Ordner: {folder}</translation>
    </message>
    <message>
        <source>Nothing was brought back.</source>
        <translation>Nichts wurde zurückgeholt.</translation>
    </message>
    <message>
        <source>The check that is under way is finished first…</source>
        <translation>Die laufende Prüfung wird erst noch beendet …</translation>
    </message>
</context>
<context>
    <name>ReviewDialog</name>
    <message>
        <source>&amp;Keep these files</source>
        <translation>Diese Dateien &amp;behalten</translation>
    </message>
    <message>
        <source>&amp;Move them to the history</source>
        <translation>In den Verlau&amp;f verschieben</translation>
    </message>
    <message>
        <source>&amp;Put them back into my folder</source>
        <translation>In meinen Ordner &amp;zurückholen</translation>
    </message>
    <message>
        <source>&amp;Use this folder from now on</source>
        <translation>Ab jetzt diesen Ordner &amp;verwenden</translation>
    </message>
    <message>
        <source>A backup is an exact copy of your folder, so these would have to leave it.</source>
        <translation>Eine Sicherung ist eine genaue Kopie Ihres Ordners, daher müssten diese sie verlassen.</translation>
    </message>
    <message>
        <source>Decide &amp;later</source>
        <translation>&amp;Später entscheiden</translation>
    </message>
    <message>
        <source>It is left alone, and all else is backed up.</source>
        <translation>Es bleibt, wie es ist, und alles andere wird gesichert.</translation>
    </message>
    <message>
        <source>No history is kept for this backup: what is deleted is gone.</source>
        <translation>Zu dieser Sicherung gibt es keinen Verlauf: Was gelöscht wird, ist weg.</translation>
    </message>
    <message>
        <source>Put the right folder or drive back, and it goes on by itself. Or use this one from now on.</source>
        <translation>Bringen Sie den richtigen Ordner oder das richtige Laufwerk zurück, dann geht es von selbst weiter. Oder verwenden Sie ab jetzt diesen.</translation>
    </message>
    <message>
        <source>Review: {name}</source>
        <translation>Durchsehen: {name}</translation>
    </message>
    <message>
        <source>So many changes at once may be what you did, or a mistake, a drive that is away or malware.</source>
        <translation>So viele Änderungen auf einmal können von Ihnen stammen, aber auch ein Versehen, ein fehlendes Laufwerk oder ein Schadprogramm sein.</translation>
    </message>
    <message>
        <source>These &amp;changes are right</source>
        <translation>Diese &amp;Änderungen stimmen</translation>
    </message>
    <message>
        <source>These &amp;deletions are right</source>
        <translation>Diese Löschungen s&amp;timmen</translation>
    </message>
    <message>
        <source>What leaves the backup stays in its history.</source>
        <translation>Was die Sicherung verlässt, bleibt in ihrem Verlauf.</translation>
    </message>
</context>
<context>
    <name>RoomBar</name>
    <message>
        <source>&amp;Count again</source>
        <translation>Na&amp;chzählen</translation>
    </message>
    <message>
        <source>Backup</source>
        <translation>Sicherung</translation>
    </message>
    <message>
        <source>Counted at {time}</source>
        <translation>Gezählt um {time}</translation>
    </message>
    <message>
        <source>Counting…</source>
        <translation>Wird gezählt …</translation>
    </message>
    <message>
        <source>Counts how much room the backup and its history take</source>
        <translation>Zählt, wie viel Platz die Sicherung und ihr Verlauf brauchen</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Not counted yet</source>
        <translation>Noch nicht gezählt</translation>
    </message>
    <message>
        <source>Not reachable at the moment</source>
        <translation>Im Moment nicht erreichbar</translation>
    </message>
    <message>
        <source>Other</source>
        <translation>Anderes</translation>
    </message>
    <message>
        <source>Used</source>
        <translation>Belegt</translation>
    </message>
    <message>
        <source>{free} free of {total}</source>
        <translation>{free} von {total} frei</translation>
    </message>
</context>
<context>
    <name>RulesEdit</name>
    <message>
        <source>One rule a line, such as *.tmp or /Downloads/</source>
        <translation>Eine Regel je Zeile, etwa *.tmp oder /Downloads/</translation>
    </message>
</context>
<context>
    <name>RulesPanel</name>
    <message>
        <source>Common kinds</source>
        <translation>Häufige Arten</translation>
    </message>
    <message>
        <source>Files that are only in a cloud: backing them up downloads them</source>
        <translation>Dateien, die nur in einer Cloud liegen: Sie zu sichern lädt sie herunter</translation>
    </message>
    <message>
        <source>Not counted.</source>
        <translation>Nicht gezählt.</translation>
    </message>
    <message>
        <source>Nothing is left out.</source>
        <translation>Nichts wird ausgelassen.</translation>
    </message>
    <message>
        <source>Rem&amp;ove…</source>
        <translation>Ent&amp;fernen …</translation>
    </message>
    <message>
        <source>Removes them from the backup, after a question</source>
        <translation>Entfernt sie nach einer Rückfrage aus der Sicherung</translation>
    </message>
    <message>
        <source>Rule&amp;s</source>
        <translation>Regeln, &amp;je Zeile eine</translation>
    </message>
    <message>
        <source>Stop &amp;counting</source>
        <translation>Zählen &amp;anhalten</translation>
    </message>
    <message>
        <source>The folder cannot be looked at, so nothing was counted.</source>
        <translation>Der Ordner kann nicht angesehen werden, daher wurde nichts gezählt.</translation>
    </message>
    <message>
        <source>What is left out</source>
        <translation>Was ausgelassen wird</translation>
    </message>
    <message>
        <source>What systems keep on drives: trash, restore points, lost+found</source>
        <translation>Systemordner auf Laufwerken: Papierkorb, Wiederherstellungspunkte, lost+found</translation>
    </message>
    <message>
        <source>{words} so far…</source>
        <translation>Bisher: {words} …</translation>
    </message>
    <message>
        <source>{words}. Some folders could not be looked at.</source>
        <translation>{words}. Einige Ordner konnten nicht angesehen werden.</translation>
    </message>
</context>
<context>
    <name>Sentences</name>
    <message>
        <source>A file or a link is where its folder should be</source>
        <translation>Wo der Ordner sein sollte, ist eine Datei oder eine Verknüpfung</translation>
    </message>
    <message>
        <source>A folder is not there any more: {path}</source>
        <translation>Ein Ordner ist nicht mehr da: {path}</translation>
    </message>
    <message>
        <source>A later version of this program has made the backup that is there, {detail}: {path}</source>
        <translation>Von einer neueren Version dieses Programms stammt die Sicherung dort, {detail}: {path}</translation>
    </message>
    <message>
        <source>A link stands in the history where a folder belongs, so the old version has no place</source>
        <translation>Im Verlauf ist eine Verknüpfung, wo ein Ordner hingehört; darum hat die alte Version keinen Platz</translation>
    </message>
    <message>
        <source>An exclusion rule is empty.</source>
        <translation>Eine Regel ist leer.</translation>
    </message>
    <message>
        <source>An exclusion rule must be a single line.</source>
        <translation>Eine Regel darf nur eine Zeile haben.</translation>
    </message>
    <message>
        <source>An unexpected error ended the pass: {why}</source>
        <translation>Ein unerwarteter Fehler hat den Vorgang beendet: {why}</translation>
    </message>
    <message>
        <source>An unexpected error has ended this backup. The log has the details.</source>
        <translation>Ein unerwarteter Fehler hat diese Sicherung beendet. Näheres steht im Protokoll.</translation>
    </message>
    <message>
        <source>Another backup, “{name}”, uses this place.</source>
        <translation>Eine andere Sicherung, „{name}“, verwendet diesen Ort bereits.</translation>
    </message>
    <message>
        <source>Another drive is where the destination was: {path}</source>
        <translation>Wo der Sicherungsordner war, ist jetzt ein anderes Laufwerk: {path}</translation>
    </message>
    <message>
        <source>Another drive is where the source was: {path}</source>
        <translation>Wo Ihr Ordner war, ist jetzt ein anderes Laufwerk: {path}</translation>
    </message>
    <message>
        <source>Another instance of the program is already backing up to {path}.</source>
        <translation>Folder Backup läuft bereits und sichert nach {path}.</translation>
    </message>
    <message>
        <source>Another program holds it</source>
        <translation>Ein anderes Programm verwendet sie gerade</translation>
    </message>
    <message>
        <source>Another program instance is writing to {path}.</source>
        <translation>Folder Backup läuft bereits und schreibt nach {path}.</translation>
    </message>
    <message>
        <source>Another program wrote to the file while it was copied, so the copy may not be whole</source>
        <translation>Ein anderes Programm hat in die Datei geschrieben, während sie kopiert wurde; die Kopie ist vielleicht nicht vollständig</translation>
    </message>
    <message>
        <source>Change notification is switched off</source>
        <translation>Das sofortige Bemerken von Änderungen ist ausgeschaltet</translation>
    </message>
    <message>
        <source>Changes cannot be watched: {why}</source>
        <translation>Änderungen können nicht beobachtet werden: {why}</translation>
    </message>
    <message>
        <source>Folder Backup is running already, but it does not answer. End that one, or log out and in again.</source>
        <translation>Folder Backup läuft schon, antwortet aber nicht. Beenden Sie es, oder melden Sie sich ab und wieder an.</translation>
    </message>
    <message>
        <source>In the backup, something that is left out is in its place</source>
        <translation>In der Sicherung ist an seiner Stelle etwas, das ausgelassen wird</translation>
    </message>
    <message>
        <source>It cannot be opened</source>
        <translation>Sie können nicht geöffnet werden</translation>
    </message>
    <message>
        <source>It has changed in the backup since it was chosen</source>
        <translation>Es hat sich in der Sicherung geändert, seit es ausgewählt wurde</translation>
    </message>
    <message>
        <source>It is damaged</source>
        <translation>Sie sind beschädigt</translation>
    </message>
    <message>
        <source>It is not where the backup moved it to any more</source>
        <translation>Es ist nicht mehr dort, wohin die Sicherung es verschoben hat</translation>
    </message>
    <message>
        <source>Its disk is full</source>
        <translation>Der Datenträger ist voll</translation>
    </message>
    <message>
        <source>Its disk reported an error</source>
        <translation>Der Datenträger hat einen Fehler gemeldet</translation>
    </message>
    <message>
        <source>Links are not possible on the backup drive</source>
        <translation>Verknüpfungen sind auf dem Sicherungslaufwerk nicht möglich</translation>
    </message>
    <message>
        <source>Links are not possible on the drive that is restored to</source>
        <translation>Verknüpfungen sind auf dem Ziellaufwerk nicht möglich</translation>
    </message>
    <message>
        <source>Network folders do not tell of changes made elsewhere: {path}</source>
        <translation>Netzwerkordner melden keine Änderungen, die anderswo gemacht werden: {path}</translation>
    </message>
    <message>
        <source>No drive is mounted where the destination lies: {path}</source>
        <translation>Wo der Sicherungsordner liegt, ist kein Laufwerk eingebunden: {path}</translation>
    </message>
    <message>
        <source>No drive is there at the moment. The backup begins as soon as it is connected.</source>
        <translation>Im Moment ist dort kein Laufwerk. Die Sicherung beginnt, sobald es angeschlossen ist.</translation>
    </message>
    <message>
        <source>No permission</source>
        <translation>Kein Zugriffsrecht</translation>
    </message>
    <message>
        <source>No permission to read this</source>
        <translation>Sie haben keine Leserechte dafür</translation>
    </message>
    <message>
        <source>No permission to read this in the backup</source>
        <translation>Sie haben in der Sicherung keine Leserechte dafür</translation>
    </message>
    <message>
        <source>No permission to write there</source>
        <translation>Sie haben dort keine Schreibrechte</translation>
    </message>
    <message>
        <source>No permission to write this in the backup</source>
        <translation>Sie haben in der Sicherung keine Schreibrechte dafür</translation>
    </message>
    <message>
        <source>Not all that this check did is known by name; restore the rest from the history by its time</source>
        <translation>Nicht alles, was dieser Vorgang getan hat, ist namentlich bekannt; stellen Sie den Rest anhand des Zeitpunkts aus dem Verlauf wieder her</translation>
    </message>
    <message>
        <source>Nothing waits for your word any more</source>
        <translation>Es wartet nichts mehr auf Ihre Entscheidung</translation>
    </message>
    <message>
        <source>Other users may write in the history: {path}</source>
        <translation>Andere Benutzer dürfen in den Verlauf schreiben: {path}</translation>
    </message>
    <message>
        <source>Replaced and deleted files are kept on this drive, in {path}</source>
        <translation>Ersetzte und gelöschte Dateien werden auf diesem Laufwerk aufbewahrt, in {path}</translation>
    </message>
    <message>
        <source>Some folders cannot be watched</source>
        <translation>Einige Ordner können nicht beobachtet werden</translation>
    </message>
    <message>
        <source>Something else changed the backup while it was being written</source>
        <translation>Etwas anderes hat die Sicherung geändert, während in sie geschrieben wurde</translation>
    </message>
    <message>
        <source>Something else took the history&apos;s place: {path}</source>
        <translation>Etwas anderes hat den Platz des Verlaufs eingenommen: {path}</translation>
    </message>
    <message>
        <source>Something is there already and was left alone</source>
        <translation>Dort ist schon etwas; es wurde nicht verändert</translation>
    </message>
    <message>
        <source>Stopped before the end</source>
        <translation>Vor dem Ende angehalten</translation>
    </message>
    <message>
        <source>The backup drive cannot tell this name from another one in the same folder</source>
        <translation>Das Sicherungslaufwerk kann diesen Namen nicht von einem anderen im selben Ordner unterscheiden</translation>
    </message>
    <message>
        <source>The backup drive is full</source>
        <translation>Das Sicherungslaufwerk ist voll</translation>
    </message>
    <message>
        <source>The backup drive is full: the destination cannot be made: {path}</source>
        <translation>Das Sicherungslaufwerk ist voll; der Sicherungsordner kann nicht angelegt werden: {path}</translation>
    </message>
    <message>
        <source>The backup drive is read-only</source>
        <translation>Das Sicherungslaufwerk ist schreibgeschützt</translation>
    </message>
    <message>
        <source>The backup drive reported an error while this was being read</source>
        <translation>Das Sicherungslaufwerk hat beim Lesen einen Fehler gemeldet</translation>
    </message>
    <message>
        <source>The backup drive reported an error while this was being written</source>
        <translation>Das Sicherungslaufwerk hat beim Schreiben einen Fehler gemeldet</translation>
    </message>
    <message>
        <source>The backup is not there at the moment.</source>
        <translation>Die Sicherung ist im Moment nicht da.</translation>
    </message>
    <message>
        <source>The backup keeps its own version of this, as you decided, and not the one that is here now</source>
        <translation>Wie von Ihnen entschieden, behält die Sicherung davon ihre eigene Version und nicht die jetzige</translation>
    </message>
    <message>
        <source>The backup keeps this name for its history</source>
        <translation>Diesen Namen braucht die Sicherung für ihren Verlauf</translation>
    </message>
    <message>
        <source>The content is backed up, but not all of its permissions, times or attributes</source>
        <translation>Der Inhalt ist gesichert, aber nicht alle Zugriffsrechte, Zeiten oder Attribute</translation>
    </message>
    <message>
        <source>The copy in the backup is protected against changes</source>
        <translation>Die Kopie in der Sicherung ist gegen Änderungen geschützt</translation>
    </message>
    <message>
        <source>The damaged settings are kept as {path}.</source>
        <translation>Die beschädigten Einstellungen sind als {path} aufbewahrt.</translation>
    </message>
    <message>
        <source>The days that versions are kept must be from 0 to {number}; 0 keeps all.</source>
        <translation>Alte Versionen können 0 bis {number} Tage aufbewahrt werden; bei 0 werden alle aufbewahrt.</translation>
    </message>
    <message>
        <source>The destination cannot be opened ({detail}): {path}</source>
        <translation>Der Sicherungsordner kann nicht geöffnet werden ({detail}): {path}</translation>
    </message>
    <message>
        <source>The destination cannot be written to: {why}.</source>
        <translation>In den Sicherungsordner kann nicht geschrieben werden: {why}.</translation>
    </message>
    <message>
        <source>The destination consists of spaces only.</source>
        <translation>Das Ziel besteht nur aus Leerzeichen.</translation>
    </message>
    <message>
        <source>The destination contains a character that no path can have.</source>
        <translation>Das Ziel enthält ein Zeichen, das in keinem Pfad vorkommen kann.</translation>
    </message>
    <message>
        <source>The destination folder is not there: {path}</source>
        <translation>Der Sicherungsordner ist nicht da: {path}</translation>
    </message>
    <message>
        <source>The destination has another backup in it, {detail}: {path}</source>
        <translation>Im Sicherungsordner liegt eine andere Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The destination holds another backup, {detail}: {path}</source>
        <translation>Der Sicherungsordner enthält eine andere Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The destination is a part of the source of another backup, {detail}: {path}</source>
        <translation>Der Sicherungsordner ist ein Teil der Quelle einer anderen Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The program&apos;s own data cannot be opened ({detail}): {path}</source>
        <translation>Die eigenen Daten des Programms können nicht geöffnet werden ({detail}): {path}</translation>
    </message>
    <message>
        <source>The program&apos;s own data cannot be written ({detail}): {path}</source>
        <translation>Die eigenen Daten des Programms können nicht geschrieben werden ({detail}): {path}</translation>
    </message>
    <message>
        <source>The program&apos;s own folder cannot be used ({detail}): {path}</source>
        <translation>Der eigene Ordner des Programms kann nicht verwendet werden ({detail}): {path}</translation>
    </message>
    <message>
        <source>The settings cannot be read, and not be kept aside ({detail}): {path}</source>
        <translation>Die Einstellungen können weder gelesen noch beiseitegelegt werden ({detail}): {path}</translation>
    </message>
    <message>
        <source>The settings hold no backups, but this program has made some here. Add them again with the same folders: what is in them already is not copied anew.</source>
        <translation>In den Einstellungen steht keine Sicherung, aber dieses Programm hat hier schon welche angelegt. Fügen Sie sie mit denselben Ordnern wieder hinzu: Was schon darin ist, wird nicht neu kopiert.</translation>
    </message>
    <message>
        <source>The settings were written by a newer version of this program: {path}</source>
        <translation>Die Einstellungen hat eine neuere Version dieses Programms geschrieben: {path}</translation>
    </message>
    <message>
        <source>The destination is missing.</source>
        <translation>Das Ziel fehlt.</translation>
    </message>
    <message>
        <source>Backup {number}: another one has the same key.</source>
        <translation>Sicherung {number}: Eine andere hat denselben Schlüssel.</translation>
    </message>
    <message>
        <source>Backup {number}: {detail}</source>
        <translation>Sicherung {number}: {detail}</translation>
    </message>
    <message>
        <source>Network folders do not tell of changes made elsewhere ({kind})</source>
        <translation>Netzwerkordner melden keine Änderungen, die anderswo gemacht werden ({kind})</translation>
    </message>
    <message>
        <source>Nothing there is touched without your word.</source>
        <translation>Ohne Ihre Zustimmung wird dort nichts verändert.</translation>
    </message>
    <message>
        <source>The backup lies in a mounted cloud: this program cannot tell when it is stored</source>
        <translation>Die Sicherung liegt in einer eingebundenen Cloud: Dieses Programm kann nicht erkennen, wann sie dort gespeichert ist</translation>
    </message>
    <message>
        <source>The destination and the program&apos;s own files lie inside each other.</source>
        <translation>Das Ziel und die eigenen Dateien des Programms liegen ineinander.</translation>
    </message>
    <message>
        <source>The destination and the program&apos;s own files lie inside each other: {path}</source>
        <translation>Der Sicherungsordner und die eigenen Dateien des Programms liegen ineinander: {path}</translation>
    </message>
    <message>
        <source>The destination cannot be opened: {path} ({why})</source>
        <translation>Der Sicherungsordner kann nicht geöffnet werden: {path} ({why})</translation>
    </message>
    <message>
        <source>The destination cannot be written to ({detail}): {path}</source>
        <translation>In den Sicherungsordner kann nicht geschrieben werden ({detail}): {path}</translation>
    </message>
    <message>
        <source>The destination is not a folder.</source>
        <translation>Das Ziel ist kein Ordner.</translation>
    </message>
    <message>
        <source>The destination is not a folder: {path}</source>
        <translation>Der Sicherungsordner ist kein Ordner: {path}</translation>
    </message>
    <message>
        <source>The destination is not the folder that was backed up to before</source>
        <translation>Der Sicherungsordner ist nicht der, in den bisher gesichert wurde</translation>
    </message>
    <message>
        <source>The destination is not where it was any more: {path}</source>
        <translation>Der Sicherungsordner ist nicht mehr dort, wo er war: {path}</translation>
    </message>
    <message>
        <source>The destination is or has in it the source of another backup, {detail}: {path}</source>
        <translation>Der Sicherungsordner ist oder enthält die Quelle einer anderen Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The destination is the history of another backup, {detail}: {path}</source>
        <translation>Der Sicherungsordner ist der Verlauf einer anderen Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The destination lies in another backup, {detail}: {path}</source>
        <translation>Der Sicherungsordner liegt in einer anderen Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The destination lies inside the history.</source>
        <translation>Das Ziel liegt im Verlauf.</translation>
    </message>
    <message>
        <source>The destination lies inside the source.</source>
        <translation>Das Ziel liegt in der Quelle.</translation>
    </message>
    <message>
        <source>The destination lies inside the source: {path}</source>
        <translation>Der Sicherungsordner liegt in Ihrem Ordner: {path}</translation>
    </message>
    <message>
        <source>The drive is read-only</source>
        <translation>Das Laufwerk ist schreibgeschützt</translation>
    </message>
    <message>
        <source>The drive of the destination is not there any more: {path}</source>
        <translation>Das Sicherungslaufwerk ist nicht mehr da: {path}</translation>
    </message>
    <message>
        <source>The drive of the destination is not there: {path}</source>
        <translation>Das Sicherungslaufwerk ist nicht da: {path}</translation>
    </message>
    <message>
        <source>The drive of the source is not there: {path}</source>
        <translation>Das Laufwerk Ihres Ordners ist nicht da: {path}</translation>
    </message>
    <message>
        <source>The drive reported an error while this was being read</source>
        <translation>Das Laufwerk hat beim Lesen einen Fehler gemeldet</translation>
    </message>
    <message>
        <source>The drive that belongs in this folder is not there</source>
        <translation>Das Laufwerk, das in diesen Ordner gehört, ist nicht da</translation>
    </message>
    <message>
        <source>The drive that is restored to is full</source>
        <translation>Das Ziellaufwerk ist voll</translation>
    </message>
    <message>
        <source>The drive that is restored to is read-only</source>
        <translation>Das Ziellaufwerk ist schreibgeschützt</translation>
    </message>
    <message>
        <source>The drive that is restored to reported an error</source>
        <translation>Das Ziellaufwerk hat einen Fehler gemeldet</translation>
    </message>
    <message>
        <source>The file is open in another program</source>
        <translation>Die Datei ist in einem anderen Programm geöffnet</translation>
    </message>
    <message>
        <source>The file is too large for the backup drive&apos;s file system</source>
        <translation>Die Datei ist zu groß für das Dateisystem des Sicherungslaufwerks</translation>
    </message>
    <message>
        <source>The file is too large for the drive that is restored to</source>
        <translation>Die Datei ist zu groß für das Ziellaufwerk</translation>
    </message>
    <message>
        <source>The file keeps changing while it is being copied</source>
        <translation>Die Datei ändert sich ständig, während sie kopiert wird</translation>
    </message>
    <message>
        <source>The history and the destination lie inside each other: {path}</source>
        <translation>Der Verlauf und der Sicherungsordner liegen ineinander: {path}</translation>
    </message>
    <message>
        <source>The history and the program&apos;s own files lie inside each other.</source>
        <translation>Der Verlauf und die eigenen Dateien des Programms liegen ineinander.</translation>
    </message>
    <message>
        <source>The history and the program&apos;s own files lie inside each other: {path}</source>
        <translation>Der Verlauf und die eigenen Dateien des Programms liegen ineinander: {path}</translation>
    </message>
    <message>
        <source>The history and the source lie inside each other: {path}</source>
        <translation>Der Verlauf und Ihr Ordner liegen ineinander: {path}</translation>
    </message>
    <message>
        <source>The history belongs to another backup, {detail}: {path}</source>
        <translation>Der Verlauf gehört zu einer anderen Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The history belongs to another user: {path}</source>
        <translation>Der Verlauf gehört einem anderen Benutzer: {path}</translation>
    </message>
    <message>
        <source>The history cannot be made, since this folder cannot be written to ({detail}): {path}</source>
        <translation>Der Verlauf kann nicht angelegt werden, da in diesen Ordner nicht geschrieben werden kann ({detail}): {path}</translation>
    </message>
    <message>
        <source>The history cannot be opened ({detail}): {path}</source>
        <translation>Der Verlauf kann nicht geöffnet werden ({detail}): {path}</translation>
    </message>
    <message>
        <source>The history cannot be written to ({detail}): {path}</source>
        <translation>In den Verlauf kann nicht geschrieben werden ({detail}): {path}</translation>
    </message>
    <message>
        <source>The history consists of spaces only.</source>
        <translation>Der Verlaufsordner besteht nur aus Leerzeichen.</translation>
    </message>
    <message>
        <source>The history contains a character that no path can have.</source>
        <translation>Der Verlaufsordner enthält ein Zeichen, das in keinem Pfad vorkommen kann.</translation>
    </message>
    <message>
        <source>The history does not have what was here before</source>
        <translation>Der Verlauf enthält nicht, was vorher hier war</translation>
    </message>
    <message>
        <source>The history folder holds another backup, {detail}: {path}</source>
        <translation>Der Verlaufsordner enthält eine andere Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The history has another backup in it, {detail}: {path}</source>
        <translation>Im Verlauf liegt eine andere Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The history is a link, which leads somewhere else: {path}</source>
        <translation>Der Verlauf ist eine Verknüpfung, die woandershin führt: {path}</translation>
    </message>
    <message>
        <source>The history is gone: {path}</source>
        <translation>Der Verlauf ist verschwunden: {path}</translation>
    </message>
    <message>
        <source>The history is not a folder.</source>
        <translation>Der Verlauf ist kein Ordner.</translation>
    </message>
    <message>
        <source>The history is not a folder: {path}</source>
        <translation>Der Verlauf ist kein Ordner: {path}</translation>
    </message>
    <message>
        <source>The history is or has in it the source of another backup, {detail}: {path}</source>
        <translation>Der Verlauf ist oder enthält die Quelle einer anderen Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The history lies in another backup, {detail}: {path}</source>
        <translation>Der Verlauf liegt in einer anderen Sicherung, {detail}: {path}</translation>
    </message>
    <message>
        <source>The history lies inside the destination.</source>
        <translation>Der Verlauf liegt im Ziel.</translation>
    </message>
    <message>
        <source>The history lies inside the source.</source>
        <translation>Der Verlauf liegt in der Quelle.</translation>
    </message>
    <message>
        <source>The history must lie on the drive of the destination. If no folder is chosen for it, it gets a place there by itself: {path}</source>
        <translation>Der Verlauf muss auf dem Sicherungslaufwerk liegen. Ist kein Ordner für ihn gewählt, bekommt er dort von selbst einen Platz: {path}</translation>
    </message>
    <message>
        <source>The history needs a folder of its own.</source>
        <translation>Der Verlauf braucht einen eigenen Ordner.</translation>
    </message>
    <message>
        <source>The history was gone, with every version that was in it; a new one has been begun</source>
        <translation>Der Verlauf war verschwunden, mit allen alten Versionen darin; ein neuer wurde begonnen</translation>
    </message>
    <message>
        <source>The interval must be from 1 to {number} seconds.</source>
        <translation>Der Abstand muss zwischen 1 und {number} Sekunden liegen.</translation>
    </message>
    <message>
        <source>The list of backups has an unknown form.</source>
        <translation>Die Liste der Sicherungen hat eine unbekannte Form.</translation>
    </message>
    <message>
        <source>The list of backups has no schema number.</source>
        <translation>Die Liste der Sicherungen hat keine Schemanummer.</translation>
    </message>
    <message>
        <source>The list of backups holds something that is none.</source>
        <translation>Die Liste der Sicherungen enthält etwas, das keine Sicherung ist.</translation>
    </message>
    <message>
        <source>The list of backups is not valid JSON.</source>
        <translation>Die Liste der Sicherungen ist kein gültiges JSON.</translation>
    </message>
    <message>
        <source>The list of backups was written by a newer version of this program.</source>
        <translation>Die Liste der Sicherungen wurde von einer neueren Version dieses Programms geschrieben.</translation>
    </message>
    <message>
        <source>The name is not possible on the backup drive</source>
        <translation>Der Name ist auf dem Sicherungslaufwerk nicht möglich</translation>
    </message>
    <message>
        <source>The name is not possible on the drive that is restored to</source>
        <translation>Der Name ist auf dem Ziellaufwerk nicht möglich</translation>
    </message>
    <message>
        <source>The name is too long for the drive that is restored to</source>
        <translation>Der Name ist zu lang für das Ziellaufwerk</translation>
    </message>
    <message>
        <source>The name must not be longer than {number} characters.</source>
        <translation>Der Name darf nicht länger als {number} Zeichen sein.</translation>
    </message>
    <message>
        <source>The name or path is too long for the backup drive</source>
        <translation>Der Name oder Pfad ist zu lang für das Sicherungslaufwerk</translation>
    </message>
    <message>
        <source>The number of changes that is never held must not be negative.</source>
        <translation>Die Zahl der Änderungen, nach denen nie gefragt wird, darf nicht negativ sein.</translation>
    </message>
    <message>
        <source>The settings could not be read, so the app begins anew. The damaged file is kept as {path}.</source>
        <translation>Die Einstellungen konnten nicht gelesen werden, daher beginnt das Programm von vorn. Die beschädigte Datei ist als {path} aufbewahrt.</translation>
    </message>
    <message>
        <source>The share of changes that is never held must be from 0 to 1.</source>
        <translation>Der Anteil der Änderungen, nach denen nie gefragt wird, muss zwischen 0 und 1 liegen.</translation>
    </message>
    <message>
        <source>The size of the history must be a number of bytes; 0 sets no limit.</source>
        <translation>Die Größe des Verlaufs muss eine Zahl von Bytes sein; 0 setzt keine Grenze.</translation>
    </message>
    <message>
        <source>The source and the destination are the same folder.</source>
        <translation>Quelle und Ziel sind derselbe Ordner.</translation>
    </message>
    <message>
        <source>The source cannot be opened: {path} ({why})</source>
        <translation>Ihr Ordner kann nicht geöffnet werden: {path} ({why})</translation>
    </message>
    <message>
        <source>The source consists of spaces only.</source>
        <translation>Die Quelle besteht nur aus Leerzeichen.</translation>
    </message>
    <message>
        <source>The source contains a character that no path can have.</source>
        <translation>Die Quelle enthält ein Zeichen, das in keinem Pfad vorkommen kann.</translation>
    </message>
    <message>
        <source>The source folder cannot be opened ({why}): {path}</source>
        <translation>Ihr Ordner kann nicht geöffnet werden ({why}): {path}</translation>
    </message>
    <message>
        <source>The source folder cannot be read: {why}</source>
        <translation>Ihr Ordner kann nicht gelesen werden: {why}</translation>
    </message>
    <message>
        <source>The source folder cannot be written to: {why}</source>
        <translation>In Ihren Ordner kann nicht geschrieben werden: {why}</translation>
    </message>
    <message>
        <source>The source folder is not there</source>
        <translation>Ihr Ordner ist nicht da</translation>
    </message>
    <message>
        <source>The source folder is not there any more: {path}</source>
        <translation>Ihr Ordner ist nicht mehr da: {path}</translation>
    </message>
    <message>
        <source>The source folder is not there: {path}</source>
        <translation>Ihr Ordner ist nicht da: {path}</translation>
    </message>
    <message>
        <source>The source folder may not be read</source>
        <translation>Sie haben keine Leserechte für Ihren Ordner</translation>
    </message>
    <message>
        <source>The source is empty, but the backup has {all} files</source>
        <translation>Ihr Ordner ist leer, aber die Sicherung enthält {all} Dateien</translation>
    </message>
    <message>
        <source>The source is missing.</source>
        <translation>Die Quelle fehlt.</translation>
    </message>
    <message>
        <source>The source is no longer where it was.</source>
        <translation>Ihr Ordner ist nicht mehr dort, wo er war.</translation>
    </message>
    <message>
        <source>The source is not a folder any more: {path}</source>
        <translation>Die Quelle ist kein Ordner mehr: {path}</translation>
    </message>
    <message>
        <source>The source is not a folder.</source>
        <translation>Die Quelle ist kein Ordner.</translation>
    </message>
    <message>
        <source>The source is not a folder: {path}</source>
        <translation>Die Quelle ist kein Ordner: {path}</translation>
    </message>
    <message>
        <source>The source is not the folder that was backed up before</source>
        <translation>Ihr Ordner ist nicht der, der bisher gesichert wurde</translation>
    </message>
    <message>
        <source>The source is the backup of the destination, {detail}: {path}</source>
        <translation>Die Quelle ist die Sicherung des Ziels, {detail}: {path}</translation>
    </message>
    <message>
        <source>The source lies inside the destination.</source>
        <translation>Die Quelle liegt im Ziel.</translation>
    </message>
    <message>
        <source>The source lies inside the destination: {path}</source>
        <translation>Ihr Ordner liegt im Sicherungsordner: {path}</translation>
    </message>
    <message>
        <source>The source lies inside the history.</source>
        <translation>Die Quelle liegt im Verlauf.</translation>
    </message>
    <message>
        <source>The source lies inside the program&apos;s own folder.</source>
        <translation>Die Quelle liegt im eigenen Ordner des Programms.</translation>
    </message>
    <message>
        <source>The source lies inside the program&apos;s own folder: {path}</source>
        <translation>Die Quelle liegt im eigenen Ordner des Programms: {path}</translation>
    </message>
    <message>
        <source>The source, or a part of it, is mounted in the destination: {path}</source>
        <translation>Die Quelle oder ein Teil davon ist im Sicherungsordner eingebunden: {path}</translation>
    </message>
    <message>
        <source>The system refused</source>
        <translation>Das System hat es abgelehnt</translation>
    </message>
    <message>
        <source>The system&apos;s limit for programs that watch folders is reached</source>
        <translation>Die Grenze des Systems für Programme, die Ordner beobachten, ist erreicht</translation>
    </message>
    <message>
        <source>The system&apos;s limit for watched folders is reached</source>
        <translation>Die Grenze des Systems für beobachtete Ordner ist erreicht</translation>
    </message>
    <message>
        <source>The time between full checks must be from 1 to {number} seconds.</source>
        <translation>Der Abstand vollständiger Prüfungen muss zwischen 1 und {number} Sekunden liegen.</translation>
    </message>
    <message>
        <source>There are too many files on the backup drive: {count} more do not fit</source>
        <translation>Auf dem Sicherungslaufwerk sind zu viele Dateien: {count} weitere passen nicht mehr</translation>
    </message>
    <message>
        <source>There are too many files on the backup drive: {count} more does not fit</source>
        <translation>Auf dem Sicherungslaufwerk sind zu viele Dateien: {count} weitere passt nicht mehr</translation>
    </message>
    <message>
        <source>There is a backup of this folder to that place already.</source>
        <translation>Dieser Ordner wird schon dorthin gesichert.</translation>
    </message>
    <message>
        <source>There is no home folder for the program&apos;s own data. Set HOME, or XDG_DATA_HOME, XDG_STATE_HOME and XDG_CONFIG_HOME, to absolute paths.</source>
        <translation>Für die eigenen Daten des Programms gibt es keinen persönlichen Ordner. Setzen Sie HOME, oder XDG_DATA_HOME, XDG_STATE_HOME und XDG_CONFIG_HOME, auf absolute Pfade.</translation>
    </message>
    <message>
        <source>There is no home folder. ({path})</source>
        <translation>Es gibt keinen persönlichen Ordner. ({path})</translation>
    </message>
    <message>
        <source>There is no permission to read this folder.</source>
        <translation>Sie haben keine Leserechte für diesen Ordner.</translation>
    </message>
    <message>
        <source>There is no permission to write here.</source>
        <translation>Sie haben hier keine Schreibrechte.</translation>
    </message>
    <message>
        <source>There is no such folder at the moment.</source>
        <translation>Im Moment gibt es diesen Ordner nicht.</translation>
    </message>
    <message>
        <source>There is not enough memory</source>
        <translation>Der Arbeitsspeicher reicht nicht</translation>
    </message>
    <message>
        <source>This exclusion rule is not understood: {rule}</source>
        <translation>Diese Regel ist ungültig: {rule}</translation>
    </message>
    <message>
        <source>This folder belongs to the system. Choose another one.</source>
        <translation>Dieser Ordner gehört dem System. Wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>This folder cannot be read: {why}.</source>
        <translation>Dieser Ordner kann nicht gelesen werden: {why}.</translation>
    </message>
    <message>
        <source>This folder is not empty. What is in it is shown to you before anything leaves it. A new folder may suit better: {path}</source>
        <translation>Dieser Ordner ist nicht leer. Was darin ist, wird Ihnen gezeigt, bevor etwas entfernt wird. Ein neuer Ordner ist vielleicht besser geeignet: {path}</translation>
    </message>
    <message>
        <source>This is a device, which has no content of its own to copy</source>
        <translation>Das ist ein Gerät, das keinen eigenen Inhalt zum Kopieren hat</translation>
    </message>
    <message>
        <source>This is a pipe between programs, which has no content to copy</source>
        <translation>Das ist eine Pipe zwischen Programmen, die keinen Inhalt zum Kopieren hat</translation>
    </message>
    <message>
        <source>This is a socket of a program, which has no content to copy</source>
        <translation>Das ist ein Socket eines Programms, der keinen Inhalt zum Kopieren hat</translation>
    </message>
    <message>
        <source>This is not a file or folder but a pipe, socket or device, which cannot be copied</source>
        <translation>Das ist weder Datei noch Ordner, sondern eine Pipe, ein Socket oder ein Gerät und lässt sich nicht kopieren</translation>
    </message>
    <message>
        <source>This is not a folder.</source>
        <translation>Das ist kein Ordner.</translation>
    </message>
    <message>
        <source>This is on the same drive as your files. If the drive fails, both are lost.</source>
        <translation>Das ist auf demselben Laufwerk wie Ihre Dateien. Fällt das Laufwerk aus, ist beides verloren.</translation>
    </message>
    <message>
        <source>This is your home folder or lies around it. Choose a folder that holds nothing but the backup.</source>
        <translation>Das ist Ihr persönlicher Ordner oder ein übergeordneter Ordner. Wählen Sie einen Ordner, in dem nur die Sicherung liegt.</translation>
    </message>
    <message>
        <source>Too many files are open, in this program or in the whole system</source>
        <translation>Zu viele Dateien sind offen, in diesem Programm oder im ganzen System</translation>
    </message>
    <message>
        <source>Too many files are open, in this program or in the whole system.</source>
        <translation>Zu viele Dateien sind offen, in diesem Programm oder im ganzen System.</translation>
    </message>
    <message>
        <source>What is backed up would come back into its own source, {detail}: {path}</source>
        <translation>Das Gesicherte käme in seine eigene Quelle zurück, {detail}: {path}</translation>
    </message>
    <message>
        <source>What is remembered of this backup was written by a newer version of this program: {path}</source>
        <translation>Was über diese Sicherung gespeichert ist, hat eine neuere Version dieses Programms geschrieben: {path}</translation>
    </message>
    <message>
        <source>What is there is protected against changes</source>
        <translation>Was dort ist, ist gegen Änderungen geschützt</translation>
    </message>
    <message>
        <source>What this check did is not known any more; restore from the history by its time</source>
        <translation>Was dieser Vorgang getan hat, ist nicht mehr bekannt; stellen Sie die Dateien anhand des Zeitpunkts aus dem Verlauf wieder her</translation>
    </message>
    <message>
        <source>Windows keeps this name for a device</source>
        <translation>Windows verwendet diesen Namen für ein Gerät</translation>
    </message>
    <message>
        <source>Within an hour {count} of {all} files would be deleted from the backup or replaced</source>
        <translation>Innerhalb einer Stunde würden {count} von {all} Dateien aus der Sicherung gelöscht oder ersetzt</translation>
    </message>
    <message>
        <source>a file or link is where its folder should be</source>
        <translation>Wo der Ordner sein sollte, ist eine Datei oder eine Verknüpfung</translation>
    </message>
    <message>
        <source>a list of texts was expected</source>
        <translation>Eine Liste von Texten wurde erwartet</translation>
    </message>
    <message>
        <source>a number was expected</source>
        <translation>Eine Zahl wurde erwartet</translation>
    </message>
    <message>
        <source>a whole number was expected</source>
        <translation>Eine ganze Zahl wurde erwartet</translation>
    </message>
    <message>
        <source>it cannot hold more files, however small</source>
        <translation>Es fasst keine weiteren Dateien, so klein sie auch sind</translation>
    </message>
    <message>
        <source>it contains &apos;{character}&apos;</source>
        <translation>Er enthält „{character}“</translation>
    </message>
    <message>
        <source>it contains a control character</source>
        <translation>Er enthält ein Steuerzeichen</translation>
    </message>
    <message>
        <source>it contains bytes that are not text</source>
        <translation>Er enthält Bytes, die kein Text sind</translation>
    </message>
    <message>
        <source>it ends with a space or a full stop</source>
        <translation>Er endet mit einem Leerzeichen oder Punkt</translation>
    </message>
    <message>
        <source>macOS keeps this from Folder Backup until it has full disk access</source>
        <translation>macOS verwehrt Folder Backup den Zugriff, bis es Festplattenvollzugriff hat</translation>
    </message>
    <message>
        <source>no name is free</source>
        <translation>Kein Name ist mehr frei</translation>
    </message>
    <message>
        <source>nothing in this folder is backed up</source>
        <translation>Nichts in diesem Ordner wird gesichert</translation>
    </message>
    <message>
        <source>of an unknown folder</source>
        <translation>die eines unbekannten Ordners</translation>
    </message>
    <message>
        <source>of an unknown folder, begun {date}</source>
        <translation>die eines unbekannten Ordners, begonnen {date}</translation>
    </message>
    <message>
        <source>of which the marker cannot be read</source>
        <translation>deren Kennzeichen nicht gelesen werden kann</translation>
    </message>
    <message>
        <source>of {path} on {computer}</source>
        <translation>die von {path} auf {computer}</translation>
    </message>
    <message>
        <source>of {path} on {computer}, begun {date}</source>
        <translation>die von {path} auf {computer}, begonnen {date}</translation>
    </message>
    <message>
        <source>text was expected</source>
        <translation>Ein Text wurde erwartet</translation>
    </message>
    <message>
        <source>the copy differs from the original</source>
        <translation>Die Kopie stimmt nicht mit dem Original überein</translation>
    </message>
    <message>
        <source>the drive keeps this name for itself</source>
        <translation>Das Laufwerk reserviert diesen Namen für sich</translation>
    </message>
    <message>
        <source>true or false was expected</source>
        <translation>Wahr oder falsch wurde erwartet</translation>
    </message>
    <message>
        <source>your quota on it is used up</source>
        <translation>Ihr Speicherkontingent darauf ist aufgebraucht</translation>
    </message>
    <message>
        <source>your quota on it is used up, and {size} more is needed</source>
        <translation>Ihr Speicherkontingent darauf ist aufgebraucht; {size} werden zusätzlich benötigt</translation>
    </message>
    <message>
        <source>{count} files in the destination were not put there by this program</source>
        <translation>{count} Dateien im Sicherungsordner stammen nicht von diesem Programm</translation>
    </message>
    <message>
        <source>{count} folders in the destination were not put there by this program</source>
        <translation>{count} Ordner im Sicherungsordner stammen nicht von diesem Programm</translation>
    </message>
    <message>
        <source>{deleted} of {all} files would be deleted from the backup and {replaced} replaced</source>
        <translation>{deleted} von {all} Dateien würden aus der Sicherung gelöscht und {replaced} ersetzt</translation>
    </message>
    <message>
        <source>{detail}; nothing in this folder is backed up</source>
        <translation>{detail}; nichts in diesem Ordner wird gesichert</translation>
    </message>
    <message>
        <source>{detail}; old versions that do not give way unasked take {size} of it</source>
        <translation>{detail}; alte Versionen, die nicht ungefragt entfernt werden, belegen davon {size}</translation>
    </message>
    <message>
        <source>{name} is missing.</source>
        <translation>{name} fehlt.</translation>
    </message>
    <message>
        <source>{name}: letters and digits were expected.</source>
        <translation>{name}: Buchstaben und Ziffern wurden erwartet.</translation>
    </message>
    <message>
        <source>{size} more is needed</source>
        <translation>{size} werden zusätzlich benötigt</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>&amp;Appearance</source>
        <translation>&amp;Aussehen</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>S&amp;prache</translation>
    </message>
    <message>
        <source>&amp;Overdue after</source>
        <translation>&amp;Überfällig nach</translation>
    </message>
    <message>
        <source>&amp;Start when I log in</source>
        <translation>&amp;Starten, wenn ich mich anmelde</translation>
    </message>
    <message>
        <source>As often as ever</source>
        <translation>So oft wie sonst</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Files are backed up only while the app runs.</source>
        <translation>Dateien werden nur gesichert, solange das Programm läuft.</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Messages</source>
        <translation>Meldungen</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>Nie</translation>
    </message>
    <message>
        <source>On &amp;battery, check everything</source>
        <translation>Im A&amp;kkubetrieb alles prüfen</translation>
    </message>
    <message>
        <source>Only every {interval}</source>
        <translation>Im Abstand von {interval}</translation>
    </message>
    <message>
        <source>Only when something needs you, and for the first complete backup.</source>
        <translation>Nur wenn Sie gebraucht werden, und nach der ersten vollständigen Sicherung.</translation>
    </message>
    <message>
        <source>Open log &amp;folder</source>
        <translation>Protokollo&amp;rdner öffnen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Show &amp;notifications</source>
        <translation>&amp;Benachrichtigungen zeigen</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>Start with the &amp;window closed</source>
        <translation>Mit geschlossenem &amp;Fenster starten</translation>
    </message>
    <message>
        <source>Used from the next start on.</source>
        <translation>Gilt ab dem nächsten Start.</translation>
    </message>
    <message>
        <source>What you change is copied at once all the same. The same holds for network folders on a metered network.</source>
        <translation>Was Sie ändern, wird trotzdem sofort kopiert. Dasselbe gilt für Netzwerkordner in einem Netz, in dem Daten Geld kosten.</translation>
    </message>
    <message>
        <source>Without a complete backup for so long, you are told once a day.</source>
        <translation>So lange ohne vollständige Sicherung, und Sie werden einmal am Tag daran erinnert.</translation>
    </message>
</context>
<context>
    <name>Shell</name>
    <message>
        <source>It may be on a drive that is away, or nothing has been put into it yet.</source>
        <translation>Vielleicht liegt er auf einem Laufwerk, das gerade fehlt, oder es ist noch nichts darin abgelegt worden.</translation>
    </message>
    <message>
        <source>Some settings could not be read</source>
        <translation>Einige Einstellungen konnten nicht gelesen werden</translation>
    </message>
    <message>
        <source>This folder is not there at the moment</source>
        <translation>Dieser Ordner ist im Moment nicht da</translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>&amp;Keep replaced and deleted files (recommended)</source>
        <translation>Ersetzte und gelöschte Dateien auf&amp;bewahren (empfohlen)</translation>
    </message>
    <message>
        <source>&amp;Look at it in detail…</source>
        <translation>&amp;Genauer ansehen …</translation>
    </message>
    <message>
        <source>About {time}, depending on the drive</source>
        <translation>Etwa {time}, je nach Laufwerk</translation>
    </message>
    <message>
        <source>Looking at your files… {files} so far</source>
        <translation>Ihre Dateien werden angesehen … bisher {files}</translation>
    </message>
    <message>
        <source>Nothing has to be copied: everything is there already.</source>
        <translation>Nichts muss kopiert werden: Alles ist schon da.</translation>
    </message>
    <message>
        <source>Start when I lo&amp;g in (recommended)</source>
        <translation>Starten, wenn ich mich &amp;anmelde (empfohlen)</translation>
    </message>
    <message>
        <source>The first backup</source>
        <translation>Die erste Sicherung</translation>
    </message>
    <message>
        <source>{files}, {size}</source>
        <translation>{files}, {size}</translation>
    </message>
    <message>
        <source>{source}  →  {destination}</source>
        <translation>{source}  →  {destination}</translation>
    </message>
</context>
<context>
    <name>TimeBar</name>
    <message>
        <source>As it is in the backup now</source>
        <translation>Wie er jetzt in der Sicherung ist</translation>
    </message>
    <message>
        <source>As it was on {when}</source>
        <translation>Wie er war: {when}</translation>
    </message>
    <message>
        <source>Date and time</source>
        <translation>Datum und Uhrzeit</translation>
    </message>
    <message>
        <source>Each step is a change: to the left is the past</source>
        <translation>Jeder Schritt ist eine Änderung: Links liegt die Vergangenheit</translation>
    </message>
    <message>
        <source>No&amp;w</source>
        <translation>&amp;Jetzt</translation>
    </message>
    <message>
        <source>Nothing has been replaced or deleted yet.</source>
        <translation>Noch wurde nichts ersetzt oder gelöscht.</translation>
    </message>
    <message>
        <source>Show the folder as it is in the backup now</source>
        <translation>Den Ordner zeigen, wie er jetzt in der Sicherung ist</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>&amp;All backups</source>
        <translation>&amp;Alle Sicherungen</translation>
    </message>
    <message>
        <source>&amp;Back up now</source>
        <translation>&amp;Jetzt sichern</translation>
    </message>
    <message>
        <source>&amp;Open</source>
        <translation>Ö&amp;ffnen</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>P&amp;ause</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>Fortset&amp;zen</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>&amp;Einstellungen …</translation>
    </message>
    <message>
        <source>Checked {ago}.</source>
        <translation>Geprüft {ago}.</translation>
    </message>
    <message>
        <source>Folder Backup</source>
        <translation>Folder Backup</translation>
    </message>
    <message>
        <source>Last complete backup {ago}.</source>
        <translation>Letzte vollständige Sicherung {ago}.</translation>
    </message>
    <message>
        <source>No backup yet</source>
        <translation>Noch keine Sicherung</translation>
    </message>
    <message>
        <source>Pro&amp;blems ({count})</source>
        <translation>&amp;Probleme ({count})</translation>
    </message>
    <message>
        <source>R&amp;estore…</source>
        <translation>&amp;Wiederherstellen …</translation>
    </message>
</context>
<context>
    <name>VersionPanel</name>
    <message>
        <source>In the backup until {when}</source>
        <translation>In der Sicherung bis {when}</translation>
    </message>
    <message>
        <source>Last changed {when}</source>
        <translation>Zuletzt geändert: {when}</translation>
    </message>
    <message>
        <source>No preview of this sort of file</source>
        <translation>Keine Vorschau für diese Art von Datei</translation>
    </message>
    <message>
        <source>Now: {changed}, {size}</source>
        <translation>Jetzt: {changed}, {size}</translation>
    </message>
    <message>
        <source>This file is not in the backup any more.</source>
        <translation>Diese Datei ist nicht mehr in der Sicherung.</translation>
    </message>
    <message>
        <source>Versions of this file</source>
        <translation>Versionen dieser Datei</translation>
    </message>
    <message>
        <source>What the file looks like</source>
        <translation>So sieht die Datei aus</translation>
    </message>
    <message>
        <source>What the picture looks like</source>
        <translation>So sieht das Bild aus</translation>
    </message>
    <message>
        <source>{changed}, {size}</source>
        <translation>{changed}, {size}</translation>
    </message>
</context>
<context>
    <name>Wording</name>
    <message>
        <source>just now</source>
        <translation>gerade eben</translation>
    </message>
    <message>
        <source>less than a minute ago</source>
        <translation>vor weniger als einer Minute</translation>
    </message>
    <message>
        <source>under 1 s</source>
        <translation>unter 1 s</translation>
    </message>
    <message>
        <source>{hours} h {minutes} min</source>
        <translation>{hours} h {minutes} min</translation>
    </message>
    <message>
        <source>{minutes} min</source>
        <translation>{minutes} min</translation>
    </message>
    <message>
        <source>{seconds} s</source>
        <translation>{seconds} s</translation>
    </message>
    <message>
        <source>{size}/s</source>
        <translation>{size}/s</translation>
    </message>
    <message>
        <source>{time} (after the clock change)</source>
        <translation>{time} (nach der Zeitumstellung)</translation>
    </message>
    <message>
        <source>{time} (before the clock change)</source>
        <translation>{time} (vor der Zeitumstellung)</translation>
    </message>
</context>
<context>
    <name>_ShareLabel</name>
    <message>
        <source>{part}: {size}</source>
        <translation>{part}: {size}</translation>
    </message>
</context>
</TS>
