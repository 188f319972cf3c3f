"""Cameras, microphones, and images that are pasted or dropped, in Chromium with devices that it makes up."""

from __future__ import annotations

import base64

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

# Tells of the tracks that are not stopped; a device is on as long as there is one.
WATCH_DEVICES = """
const { mediaDevices } = navigator;
const real = mediaDevices.getUserMedia.bind(mediaDevices);
window.tracks = [];
mediaDevices.getUserMedia = async (wanted) => {
  const stream = await real(wanted);
  window.tracks.push(...stream.getTracks());
  return stream;
};
window.isOn = () => window.tracks.some(({ readyState }) => readyState === "live");
"""
HAND_OVER = """
([event, text]) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "picture.png", { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  const target = document.querySelector("[name='/photo']").closest(".field");
  if (event === "drop") {
    target.dispatchEvent(new DragEvent("dragover", { ...options, dataTransfer: data }));
    target.dispatchEvent(new DragEvent("drop", { ...options, dataTransfer: data }));
  } else target.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
}
"""
# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def open_sensing(service, new_page):
    """Opens the page of a model that takes a picture and a sound; called with the devices that the page may use."""

    def open_it(*permissions: str):
        page = new_page(permissions=list(permissions))
        page.context.add_init_script(WATCH_DEVICES)
        page.goto(f"{service.url}/models/sensing/predict")
        return page

    return open_it


def predict(page):
    page.get_by_role("button", name="Predict", exact=True).click()
    return page.get_by_role("region", name="Prediction", exact=True)


def picture(page):
    return page.get_by_role("img", name="What is sent as Photo")


def wait_until_it_is_off(page) -> None:
    page.wait_for_function("() => window.tracks.length > 0 && !window.isOn()")


def test_a_photo_is_taken_shown_and_predicted_and_the_camera_is_off_afterwards(open_sensing):
    page = open_sensing("camera")
    page.get_by_role("button", name="Take a photo").press("Enter")
    expect(page.get_by_role("button", name="Shoot")).to_be_focused()
    assert page.evaluate("window.isOn()")
    page.wait_for_function("() => document.querySelector('video').videoWidth > 0")
    size = page.evaluate("[document.querySelector('video').videoWidth, document.querySelector('video').videoHeight]")
    page.get_by_role("button", name="Shoot").press("Enter")
    expect(picture(page)).to_be_visible()
    wait_until_it_is_off(page)
    expect(page.get_by_role("button", name="Take a photo")).to_be_focused()
    expect(predict(page)).to_contain_text(str(size[0]))
    expect(predict(page)).to_contain_text(str(size[1]))


def test_the_camera_is_off_when_it_is_not_wanted_any_more_or_the_page_is_left(open_sensing):
    page = open_sensing("camera")
    for leave in [
        page.get_by_role("button", name="Cancel"),
        page.get_by_role("button", name="JSON", exact=True),
        page.get_by_role("link", name="Metadata"),
    ]:
        page.get_by_role("button", name="Take a photo").click()
        expect(page.get_by_role("button", name="Shoot")).to_be_visible()
        leave.click()
        wait_until_it_is_off(page)
        page.evaluate("window.tracks.length = 0")
        if page.get_by_role("button", name="Form", exact=True).is_visible():
            page.get_by_role("button", name="Form", exact=True).click()


def test_who_presses_twice_opens_one_camera(open_sensing):
    page = open_sensing("camera")
    page.get_by_role("button", name="Take a photo").evaluate("button => { button.click(); button.click(); }")
    expect(page.get_by_role("button", name="Shoot")).to_be_visible()
    assert page.evaluate("window.tracks.length") == 1


def test_sound_is_recorded_played_and_predicted_and_the_microphone_is_off_afterwards(open_sensing):
    page = open_sensing("microphone")
    page.get_by_role("button", name="Record").press("Enter")
    expect(page.get_by_role("button", name="Stop recording")).to_be_focused()
    assert page.evaluate("window.isOn()")
    page.wait_for_function("() => parseFloat(document.querySelector('.device .clock').textContent) > 0.3")
    page.keyboard.press("Enter")
    wait_until_it_is_off(page)
    player = page.get_by_label("What is sent as Sound")
    player.evaluate("player => player.play()")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0")
    expect(page.get_by_role("button", name="Record")).to_be_focused()
    expect(predict(page)).to_contain_text("yes")


def test_the_microphone_is_off_when_the_page_is_left(open_sensing):
    page = open_sensing("microphone")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("button", name="Stop recording")).to_be_visible()
    page.get_by_role("link", name="Metadata").click()
    wait_until_it_is_off(page)


def test_a_device_that_the_page_may_not_use_is_named_with_what_to_do(open_sensing):
    page = open_sensing()
    for label, device in {"Take a photo": "camera", "Record": "microphone"}.items():
        page.get_by_role("button", name=label).click()
        told = page.get_by_text(f"This page may not use the {device}. Allow it in the browser's settings of this page")
        expect(told).to_be_visible()
        expect(page.get_by_role("button", name=label)).to_be_focused()


@pytest.mark.parametrize("event", ["paste", "drop"])
def test_an_image_is_pasted_or_dropped_and_predicted(open_sensing, event):
    page = open_sensing()
    expect(page.get_by_label("Photo")).to_be_visible()
    page.evaluate(HAND_OVER, [event, PNG])
    expect(picture(page)).to_be_visible()
    expect(page.get_by_text(f"picture.png · {len(base64.b64decode(PNG))} bytes")).to_be_visible()
    expect(predict(page)).to_contain_text("1")
