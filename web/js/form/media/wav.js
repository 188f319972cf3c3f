// Sound as a WAV file: one channel of 16-bit PCM. (Microsoft and IBM, Multimedia Programming Interface 1.0, 1991.)

const HEADER = 44;

/** @param {string} media */
export function isWav(media) {
  return /^audio\/(x-)?(wav|wave)$/.test(media);
}

/** @param {Blob} blob anything that the browser can play */
export async function asWav(blob) {
  const context = new AudioContext();
  try {
    const sound = await context.decodeAudioData(await blob.arrayBuffer());
    return new Blob([wav(sound.getChannelData(0), sound.sampleRate)], { type: "audio/wav" });
  } finally {
    void context.close();
  }
}

/**
 * @param {Float32Array} samples from -1 to 1
 * @param {number} rate in Hz
 */
export function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(HEADER + samples.length * 2));
  const text = (/** @type {number} */ at, /** @type {string} */ letters) =>
    [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, HEADER - 8 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, index) => view.setInt16(HEADER + index * 2, Math.max(-1, Math.min(1, sample)) * 0x7fff, true));
  return view.buffer;
}
