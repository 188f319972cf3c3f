// Images of any kind as the kind that is asked for.

const DRAWABLE = new Set(["image/png", "image/jpeg", "image/webp"]);

/**
 * The image as the media type that is asked for, where the browser can make one of it; else as it is.
 *
 * @param {Blob} blob
 * @param {string} media
 */
export async function asImage(blob, media) {
  if (!DRAWABLE.has(media) || blob.type === media) return blob;
  try {
    const bitmap = await createImageBitmap(blob);
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    return (await blobOf(canvas, media)) ?? blob;
  } catch {
    // No image at all: the service says what it thinks of it.
    return blob;
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} media
 * @returns {Promise<Blob | null>}
 */
export function blobOf(canvas, media) {
  return new Promise((resolve) => canvas.toBlob(resolve, media));
}
