/** A picture's size as displayed: pixels square, rotation done. */
export interface Picture {
  readonly width: number;
  readonly height: number;
}

/** Frames a second, as a fraction. */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** How MediaConvert is to turn the picture: AUTO reads the file's own word, which it does for MP4 and MOV only. */
export type Rotate = 'AUTO' | 'DEGREES_90' | 'DEGREES_180' | 'DEGREES_270';

/** What is to be transcoded. */
export interface Source extends Picture {
  readonly rotate: Rotate;
  /** False for anamorphic sources: their renditions are stretched to square pixels. */
  readonly squarePixels: boolean;
  readonly hasAudio: boolean;
  /** As stated by the file; some recorders (a browser's, for one) don't write it. */
  readonly durationSeconds?: number;
  readonly frameRate?: FrameRate;
}
