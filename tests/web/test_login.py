"""Logging in on the page, where the service asks who somebody is, and out again."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tornado_ml.access import token_file
from tornado_ml.access.token_file import TokenRecord
from tornado_ml.testing import running_server

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

MODELS = Path(__file__).parent / "models"


class Book:
    """The token file of a service, and the tokens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tokens: dict[str, str] = {}
        self.add("ann", "predict:echoing")

    def add(self, name: str, *scopes: str) -> None:
        self.tokens[name] = token_file.new_token()
        with token_file.changing(self.path) as records:
            digest = token_file.hash_of(self.tokens[name])
            records[name] = TokenRecord(name, digest, frozenset(scopes), datetime.now(UTC))

    def revoke(self, name: str) -> None:
        with token_file.changing(self.path) as records:
            del records[name]


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Book:
    return Book(tmp_path_factory.mktemp("tokens") / "tokens.toml")


@pytest.fixture(scope="module")
def guarded(book, tmp_path_factory):
    """A service that asks for tokens."""
    folder = tmp_path_factory.mktemp("plugins")
    for name in ("echoing", "flowers"):
        (folder / f"{name}.py").write_text((MODELS / f"{name}.py").read_text())
    installed = [entry.name for entry in entry_points(group="tornado_ml")]
    plugins = f"directories = ['{folder}']\ndisabled = {installed}"
    with running_server(settings=f"[plugins]\n{plugins}\n[auth]\ntokens = '{book.path}'\n") as server:
        yield server


def log_in(page, url: str, token: str) -> None:
    page.goto(url)
    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def test_a_stranger_is_asked_for_a_token_and_shown_nothing_else(guarded, page, faults_of):
    page.goto(guarded.url)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page).to_have_title("Log in · tornado-ml")
    expect(page.get_by_label("Token", exact=True)).to_be_focused()
    expect(page.locator("#away")).to_be_hidden()
    expect(page.get_by_role("button", name="Find")).to_be_hidden()
    assert "Echoing" not in page.content()
    assert faults_of(page) == []


def test_by_keys_alone_a_wrong_token_is_told_at_the_field_and_a_good_one_opens_the_page(guarded, book, page, faults_of):
    page.goto(f"{guarded.url}/models/echoing/predict")
    field = page.get_by_label("Token", exact=True)
    expect(field).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Paste your token here.")).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.type("tml_wrong")
    expect(page.locator("#token-fault")).to_be_empty()
    page.keyboard.press("Enter")
    expect(page.locator("#token-fault")).to_contain_text("This token is not known here.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    assert faults_of(page) == []
    field.fill(f"  {book.tokens['ann']} ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Echoing")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Connected")
    expect(page.locator(".who")).to_contain_text("ann")
    assert faults_of(page) == []


def test_the_token_is_hidden_until_it_shall_be_shown(guarded, page):
    page.goto(guarded.url)
    field = page.get_by_label("Token", exact=True)
    expect(field).to_have_attribute("type", "password")
    show = page.get_by_role("button", name="Show the token")
    show.click()
    expect(field).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(field).to_have_attribute("type", "password")


def test_who_is_logged_in_predicts_until_they_log_out(guarded, book, page):
    log_in(page, f"{guarded.url}/models/echoing/predict", book.tokens["ann"])
    page.locator(".input textarea").first.fill("[1, 2]")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("1")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    secret = cookies["tornado-ml-token"]
    assert (secret["httpOnly"], secret["sameSite"], secret["expires"]) == (True, "Strict", -1)
    assert book.tokens["ann"] not in page.evaluate("document.cookie")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.context.cookies() == []


def test_who_wants_to_be_remembered_is(guarded, book, page):
    page.goto(guarded.url)
    page.get_by_label("Remember me").check()
    page.get_by_label("Token", exact=True).fill(book.tokens["ann"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    assert all(cookie["expires"] > 0 for cookie in page.context.cookies())


def test_a_model_that_is_not_theirs_is_told_plainly(guarded, book, page):
    log_in(page, f"{guarded.url}/models/flowers/predict", book.tokens["ann"])
    expect(page.locator(".standing")).to_contain_text("You may not use this model")
    expect(page.locator(".standing")).to_contain_text("it takes the scope predict:flowers")


def test_a_token_that_is_revoked_ends_the_connection_and_leads_back_to_the_login(guarded, book, page):
    book.add("bob", "predict:*")
    log_in(page, f"{guarded.url}/models/echoing/predict", book.tokens["bob"])
    expect(page.locator("#connection")).to_have_text("Connected")
    book.revoke("bob")
    expect(page.locator("#away")).to_contain_text("Your login has ended")
    page.get_by_role("button", name="Load the page again").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.locator(".who")).to_be_hidden()


def test_on_a_phone_everything_stays_in_its_place(guarded, book, new_page):
    page = new_page(width=320)
    page.goto(guarded.url)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    log_in(page, guarded.url, book.tokens["ann"])
    assert page.evaluate("document.documentElement.scrollWidth") == 320
