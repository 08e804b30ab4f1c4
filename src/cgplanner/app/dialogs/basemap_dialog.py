"""A base map from an address of tiles: XYZ or WMTS, what it is called, and what has to be known to draw it rightly."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QLineEdit, QSpinBox, QWidget

from cgplanner.app.dialogs.card import Card
from cgplanner.errors import UserError
from cgplanner.io.tile_address import grid_of, service_of, template_of, wmts_template
from cgplanner.model.basemap import MOST_ZOOM, Basemap
from cgplanner.text import tr


class BasemapDialog(Card):
    """Asks for the address; ``added`` is called with the base map and the key that was typed ('' for none)."""

    def __init__(self, parent: QWidget | None, added: Callable[[Basemap, str], object]) -> None:
        super().__init__(tr("Base map from an address"), parent, width=560)
        self._added = added
        self.address, self.title_line, self.key = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.layer_line, self.matrix_set = QLineEdit(self), QLineEdit(self)
        self.attribution, self.review = QLineEdit(self), QLineEdit(self)
        self.grid, self.most = QComboBox(self), QSpinBox(self)
        self.shifted = QCheckBox(tr("Its pictures are shifted (GCJ-02: Amap, Tencent); shift them back"), self)
        self.error = QLabel(self)
        self.error.setProperty("role", "error")
        self.error.setWordWrap(True)
        self._build()
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Add"), self._take, default=True)
        self._check()
        self.address.setFocus()

    def _build(self) -> None:
        self.address.setPlaceholderText("https://…/{z}/{x}/{y}.png")
        self.key.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
        self.grid.addItem(tr("Web Mercator (w)"), "mercator")
        self.grid.addItem(tr("CGCS2000 degrees (c)"), "geographic")
        self.most.setRange(1, MOST_ZOOM)
        self.most.setValue(18)
        self.matrix_set.setPlaceholderText("w / c")
        form = QFormLayout()
        form.addRow(tr("Address"), self.address)
        form.addRow(tr("Title"), self.title_line)
        form.addRow(tr("WMTS layer"), self.layer_line)
        form.addRow(tr("Tile matrix set"), self.matrix_set)
        form.addRow(tr("Tiles lie in"), self.grid)
        form.addRow(tr("Finest level"), self.most)
        form.addRow(tr("Your key"), self.key)
        form.addRow(tr("Attribution"), self.attribution)
        form.addRow(tr("Review number"), self.review)
        form.addRow("", self.shifted)
        self.body.addLayout(form)
        self.body.addWidget(self.error)
        for line in (self.address, self.layer_line, self.matrix_set):
            line.textChanged.connect(lambda _: self._check())

    def _template(self) -> tuple[str, str]:
        """Return the template and the key in what is typed.

        Raises
        ------
        UserError
            When it is no address of tiles.
        """
        typed = self.address.text().strip()
        if "{" not in typed and self.layer_line.text().strip() and self.matrix_set.text().strip():
            typed = wmts_template(typed, self.layer_line.text().strip(), self.matrix_set.text().strip())
        return template_of(typed)

    def _check(self) -> None:
        typed = self.address.text().strip()
        try:
            template, _ = self._template()
        except UserError as error:
            self.error.setText(f"{error.message} {error.hint}" if typed else "")
            self.ok.setEnabled(False)
            self.ok.setToolTip(error.message if typed else tr("Type the address of the service first."))
            return
        self.error.setText("")
        self.ok.setEnabled(True)
        self.ok.setToolTip("")
        self.grid.setCurrentIndex(self.grid.findData(grid_of(template)))

    def _take(self) -> None:
        if not self.ok.isEnabled():
            return
        template, found = self._template()
        key = self.key.text().strip() or found
        title = self.title_line.text().strip() or urlsplit(template.replace("{s}", "")).hostname or tr("Base map")
        basemap = Basemap(
            "tiles",
            title,
            title,
            "tiles",
            template,
            grid=self.grid.currentData(),
            offset="gcj02" if self.shifted.isChecked() else "",
            key=service_of(template) if "{key}" in template else "",
            subdomains=tuple("abc") if "{s}" in template else (),
            max_zoom=self.most.value(),
            attribution_zh=self.attribution.text().strip(),
            attribution_en=self.attribution.text().strip(),
            review_number=self.review.text().strip(),
        )
        self.accept()
        self._added(basemap, key)
