"""Puts the whole window into the other language, without a restart: our sentences and Qt's own."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QTranslator
from PySide6.QtWidgets import QApplication

from cgplanner.text import Language, sentence, set_language

_NAME = "qt-own-dialogs"
# What Qt's own Chinese lacks, or says otherwise than planners do.
_LACKING = {
    str(each.source): each
    for each in (
        sentence("&Look in:"),
        sentence("Files of &type:"),
        sentence("Folder"),
        sentence("Drive"),
        sentence("Size"),
    )
}


class _Lacking(QTranslator):
    """Answers before Qt's own translator, for a few words; None lets that one answer."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, source: str, _hint: str | None = None, _count: int = -1) -> str | None:
        return str(_LACKING[source]) if context.startswith("Q") and source in _LACKING else None


def switch_language(application: QApplication, language: Language) -> None:
    """Speak this language from now on; every widget hears of it as a ``LanguageChange`` event."""
    set_language(language)
    for old in application.findChildren(QTranslator, _NAME):
        application.removeTranslator(old)
        old.deleteLater()
    if language == "zh":
        translator = QTranslator(application)
        translator.setObjectName(_NAME)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if translator.load("qtbase_zh_CN", folder):
            application.installTranslator(translator)
        ours = _Lacking(application)
        ours.setObjectName(_NAME)
        application.installTranslator(ours)  # the last one is asked first
    for window in application.topLevelWidgets():
        QCoreApplication.sendEvent(window, QEvent(QEvent.Type.LanguageChange))
