// Cameras and microphones: asked for, and in words why there is none.

/** @type {Readonly<Record<string, (device: string) => string>>} by the names of Media Capture and Streams, 10.2 */
const REASONS = Object.freeze({
  NotAllowedError: (device) => `This page may not use the ${device}. Allow it in the browser's settings of this page, then try again.`,
  NotFoundError: (device) => `There is no ${device}.`,
  NotReadableError: (device) => `The ${device} cannot be used: another program may be using it.`,
});

/**
 * @param {MediaStreamConstraints} wanted
 * @param {"camera" | "microphone"} device
 * @returns {Promise<MediaStream>} rejected with an `Error` for people
 */
export async function openDevice(wanted, device) {
  try {
    return await navigator.mediaDevices.getUserMedia(wanted);
  } catch (error) {
    const words = REASONS[/** @type {DOMException} */ (error).name] ?? (() => `The ${device} could not be used.`);
    throw new Error(words(device), { cause: error });
  }
}

/** @param {MediaStream | null} stream off from now on */
export function stopDevice(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
