"""Puts the whole window into the other language, without a restart: our sentences and Qt's own."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QTranslator
from PySide6.QtWidgets import QApplication

from cgplanner.text import Language, set_language

_NAME = "qt-own-dialogs"


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
    for window in application.topLevelWidgets():
        QCoreApplication.sendEvent(window, QEvent(QEvent.Type.LanguageChange))
