/** The media types that the service accepts if `upload.files.contentTypes` is not set. */
export const CONTENT_TYPES = ['video/*', 'application/mp4', 'application/mxf'];

/** The names of files in the containers that the service accepts. Many systems do not know that some of these files are videos, for example MXF files. */
export const EXTENSIONS = [
  '.mp4', '.m4v', '.mov', '.mkv', '.webm', '.mxf', '.avi', '.wmv', '.asf', '.ts', '.mts', '.m2ts', '.mpg', '.mpeg', '.vob', '.3gp', '.3g2',
];

/** The value of the attribute `accept` of a file input. */
export const ACCEPT = [...CONTENT_TYPES, ...EXTENSIONS].join(',');
