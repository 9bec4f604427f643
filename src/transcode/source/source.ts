/** Display size of a picture in pixels, after rotation and with square pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
}

export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** `AUTO` uses the rotation stored in the file, which MediaConvert supports for MP4 and MOV only. */
export type Rotate = 'AUTO' | 'DEGREES_90' | 'DEGREES_180' | 'DEGREES_270';

export interface Source extends Picture {
  readonly rotate: Rotate;
  /** False for anamorphic sources, whose renditions are scaled to square pixels. */
  readonly squarePixels: boolean;
  readonly hasAudio: boolean;
  /** Some recorders, for example in browsers, do not write a duration into the file. */
  readonly durationSeconds?: number;
  readonly frameRate?: FrameRate;
}
