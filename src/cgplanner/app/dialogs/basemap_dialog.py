"""A base map from an address of tiles: XYZ or WMTS, what it is called, and what has to be known to draw it rightly.

A WMTS can be asked what it offers; then layer and grid are chosen from its lists instead of being typed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from cgplanner.app import theme
from cgplanner.app.dialogs.card import Card
from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.errors import UserError
from cgplanner.io.ground.tile_address import grid_of, service_of, template_of, wmts_template
from cgplanner.model.basemap import MOST_ZOOM, Basemap
from cgplanner.text import tr

if TYPE_CHECKING:
    from cgplanner.io.ground.wmts_capabilities import MatrixSet, Service, ServiceLayer


class BasemapDialog(Card):
    """Asks for the address; ``added`` is called with the base map and the key that was typed ('' for none)."""

    def __init__(self, parent: QWidget | None, added: Callable[[Basemap, str], object], jobs: Jobs) -> None:
        super().__init__(tr("Base map from an address"), parent, width=620)
        self._added, self._jobs = added, jobs
        self._service: Service | None = None
        self._asked = ""  # the address whose answer is shown or waited for
        self._job = 0
        self.read = QPushButton(tr("Read the layers"), self)
        self.layers, self.sets = QComboBox(self), QComboBox(self)
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
        self.finished.connect(lambda _: self._jobs.cancel_one(self._job))
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
        self.read.setAutoDefault(False)
        self.read.clicked.connect(lambda _checked=False: self._read())
        for box, words in ((self.layers, tr("Layer of the service")), (self.sets, tr("Grid"))):
            box.setAccessibleName(words)
            box.setMinimumContentsLength(24)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.layers.activated.connect(lambda _: self._show_sets())
        self.sets.activated.connect(lambda _: self._check())
        row = QHBoxLayout()
        row.setSpacing(theme.px(2))
        row.addWidget(self.address, 1)
        row.addWidget(self.read)
        form = self._form = QFormLayout()
        form.setHorizontalSpacing(theme.px(4))
        form.setVerticalSpacing(theme.px(2))
        form.addRow(tr("Address"), row)
        form.addRow(tr("Layer of the service"), self.layers)
        form.addRow(tr("Grid"), self.sets)
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
        self._show_rows()

    def _show_rows(self) -> None:
        """Show the lists of a service that was read, else what can be typed in their place."""
        for chosen in (self.layers, self.sets):
            self._form.setRowVisible(chosen, self._service is not None)
        for typed in (self.layer_line, self.matrix_set, self.grid, self.most):
            self._form.setRowVisible(typed, self._service is None)

    # What a service says of itself

    def _read(self) -> None:
        address, key = self.address.text().strip(), self.key.text().strip()
        self._asked = address
        self._service = None
        self.read.setEnabled(False)
        self.error.setText("")
        self.read.setText(tr("Reading…"))

        def work(progress: Progress) -> Service:
            from cgplanner.io.ground.wmts_capabilities import read_capabilities  # noqa: PLC0415  only who asks waits for it

            return read_capabilities(address, key, progress=progress)

        self._job = self._jobs.start(
            Job(tr("Reading the layers of the service"), work, done=self._show_service, failed=self._say_refusal)
        )

    def _rest(self) -> bool:
        """Be ready to read again; tell whether the answer is still wanted."""
        if not self.isVisible():
            return False
        self.read.setEnabled(True)
        self.read.setText(tr("Read the layers"))
        return self._asked == self.address.text().strip()

    def _say_refusal(self, error: UserError) -> None:
        if self._rest():
            self.error.setText(str(error))

    def _show_service(self, service: Service) -> None:
        if not self._rest():
            return
        self._service = service
        self.layers.clear()
        for layer in service.layers:
            self.layers.addItem(layer.title if layer.title == layer.id else f"{layer.title} ({layer.id})", layer)
        drawable = [any(each.template for each in layer.sets) for layer in service.layers]
        self.layers.setCurrentIndex(drawable.index(True) if True in drawable else 0)
        if not self.attribution.isModified():
            self.attribution.setText(service.provider)
        self._show_rows()
        self._show_sets()
        self.layers.setFocus()

    def _show_sets(self) -> None:
        layer: ServiceLayer = self.layers.currentData()
        names = {"mercator": tr("Web Mercator (w)"), "geographic": tr("CGCS2000 degrees (c)")}
        self.sets.clear()
        for each in layer.sets:
            words = names[each.grid] if each.template else tr("a grid of its own, which cannot be drawn here")
            self.sets.addItem(f"{each.id} · {words}", each)
        if not self.title_line.isModified():
            self.title_line.setText(layer.title)
        self._check()

    @property
    def _chosen(self) -> MatrixSet | None:
        return self.sets.currentData() if self._service is not None else None

    def _template(self) -> tuple[str, str]:
        """Return the template and the key in what is typed.

        Raises
        ------
        UserError
            When it is no address of tiles.
        """
        if self._service is not None:
            if self._chosen is None or not self._chosen.template:
                raise UserError(
                    tr("This layer is in a grid that cannot be drawn here."), hint=tr("Choose another layer or grid.")
                )
            return self._chosen.template, self._service.key
        typed = self.address.text().strip()
        if "{" not in typed and self.layer_line.text().strip() and self.matrix_set.text().strip():
            typed = wmts_template(typed, self.layer_line.text().strip(), self.matrix_set.text().strip())
        return template_of(typed)

    def _check(self) -> None:
        typed = self.address.text().strip()
        if self._service is not None and typed != self._asked:
            self._service = None  # the lists were another service's
            self._show_rows()
        is_service = typed.startswith(("http://", "https://")) and "{x}" not in typed.lower()
        self.read.setEnabled(is_service and self._asked_and_answered(typed))
        self.read.setToolTip("" if is_service else tr("Type or paste the address of a WMTS first."))
        try:
            template, _ = self._template()
        except UserError as error:
            told = "" if is_service and self._service is None else f"{error.message} {error.hint}"
            self.error.setText(told if typed else "")
            self.ok.setEnabled(False)
            self.ok.setToolTip(error.message if typed else tr("Type the address of the service first."))
            return
        self.error.setText("")
        self.ok.setEnabled(True)
        self.ok.setToolTip("")
        if self._chosen is None:
            self.grid.setCurrentIndex(self.grid.findData(grid_of(template)))

    def _asked_and_answered(self, typed: str) -> bool:
        return not (self._asked == typed and self.read.text() == tr("Reading…"))

    def _take(self) -> None:
        if not self.ok.isEnabled():
            return
        template, found = self._template()
        chosen = self._chosen
        key = self.key.text().strip() or found
        title = self.title_line.text().strip() or urlsplit(template.replace("{s}", "")).hostname or tr("Base map")
        basemap = Basemap(
            "tiles",
            title,
            title,
            "tiles",
            template,
            grid=chosen.grid if chosen else self.grid.currentData(),
            tile_size=chosen.tile_size if chosen else 256,
            min_zoom=chosen.least if chosen else 0,
            offset="gcj02" if self.shifted.isChecked() else "",
            key=service_of(template) if "{key}" in template else "",
            subdomains=tuple("abc") if "{s}" in template else (),
            max_zoom=chosen.most if chosen else self.most.value(),
            attribution_zh=self.attribution.text().strip(),
            attribution_en=self.attribution.text().strip(),
            review_number=self.review.text().strip(),
        )
        self.accept()
        self._added(basemap, key)
