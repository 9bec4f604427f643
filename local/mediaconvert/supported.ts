/**
 * What this stand-in can do, by the SDK's structures: the members that may be set, `*` when they must be, with their range or their
 * possible values if only some will do. Anything else would come out differently here, and is refused by name.
 */
export const SUPPORTED: Record<string, string> = {
  ProbeRequest: '*inputFiles',
  ProbeInputFile: '*fileUrl',
  CreateJobRequest: 'role settings *queue userMetadata clientRequestToken statusUpdateInterval accelerationSettings',
  AccelerationSettings: 'mode=DISABLED',
  JobSettings: '*inputs *outputGroups timecodeConfig',
  TimecodeConfig: 'source=ZEROBASED',
  Input: '*fileInput audioSelectors videoSelector timecodeSource=ZEROBASED',
  VideoSelector: 'rotate',
  AudioSelector: 'defaultSelection=DEFAULT',
  OutputGroup: 'name *outputs *outputGroupSettings',
  OutputGroupSettings: '*type=CMAF_GROUP_SETTINGS|HLS_GROUP_SETTINGS|FILE_GROUP_SETTINGS cmafGroupSettings hlsGroupSettings fileGroupSettings',
  CmafGroupSettings: '*destination *segmentLength=1.. *segmentControl=SEGMENTED_FILES *writeDashManifest=DISABLED writeHlsManifest=ENABLED fragmentLength=1.. '
    + 'segmentLengthControl=EXACT manifestDurationFormat=FLOATING_POINT streamInfResolution=INCLUDE',
  HlsGroupSettings: '*destination *segmentLength=1.. *segmentControl=SEGMENTED_FILES minSegmentLength=0 '
    + 'segmentLengthControl=EXACT manifestDurationFormat=FLOATING_POINT streamInfResolution=INCLUDE',
  FileGroupSettings: '*destination',
  Output: 'nameModifier *containerSettings videoDescription audioDescriptions outputSettings extension=jpg',
  ContainerSettings: '*container cmfcSettings',
  CmfcSettings: 'audioGroupId audioRenditionSets audioTrackType=ALTERNATE_AUDIO_AUTO_SELECT_DEFAULT',
  OutputSettings: 'hlsSettings',
  HlsSettings: 'audioGroupId audioRenditionSets audioTrackType=ALTERNATE_AUDIO_AUTO_SELECT_DEFAULT',
  VideoDescription: '*width=32..8192 *height=32..8192 *codecSettings',
  VideoCodecSettings: '*codec=H_264|FRAME_CAPTURE h264Settings frameCaptureSettings',
  H264Settings: '*rateControlMode=QVBR *maxBitrate=1000..1152000000 qvbrSettings *gopSizeUnits=AUTO codecProfile=BASELINE|MAIN|HIGH qualityTuningLevel sceneChangeDetect '
    + 'framerateControl framerateNumerator=1.. framerateDenominator=1.. parControl parNumerator=1 parDenominator=1',
  H264QvbrSettings: 'qvbrQualityLevel=1..10',
  FrameCaptureSettings: '*framerateNumerator=1.. *framerateDenominator=1.. *maxCaptures=1.. *quality=1..100',
  AudioDescription: '*audioSourceName *codecSettings',
  AudioCodecSettings: '*codec=AAC *aacSettings',
  AacSettings: '*bitrate=6000..1024000 *codingMode=CODING_MODE_2_0 *sampleRate=8000..96000',
};
