export { VodApi, type VodApiOptions, type VodApiProps } from './api/vod-api';
