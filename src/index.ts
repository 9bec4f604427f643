export { VodApi, type VodApiOptions, type VodApiProps } from './api/vod-api';
export { VodAuth, type VodAuthOptions, type VodAuthProps } from './auth/vod-auth';
export { VideoVisibility } from './catalog/video-visibility';
export { VodCatalog, type VodCatalogOptions, type VodCatalogProps } from './catalog/vod-catalog';
export { SigningKeyType, VodDelivery, type VodDeliveryOptions, type VodDeliveryProps } from './delivery/vod-delivery';
export { ServerlessVod, type ServerlessVodProps } from './serverless-vod';
export { VodTranscode, type TranscodeRung, type VodTranscodeOptions, type VodTranscodeProps } from './transcode/vod-transcode';
export { VodUpload, type VodUploadOptions, type VodUploadProps } from './upload/vod-upload';
