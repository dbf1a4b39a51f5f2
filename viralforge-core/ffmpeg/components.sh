# What FFmpeg is built with: only what ViralForge uses. Sourced by build.sh; part of the cache key.
# Left out on purpose: every demuxer that opens other files (hls, dash, concat, image2, sdp) and every
# network protocol. The library itself reads and writes through its own I/O and needs no protocol at all;
# "file" is there because libavformat does not build without one.

PROTOCOLS=file

DEMUXERS=mov,matroska,avi,flv,mpegts,mpegps,asf,ogg,mp3,aac,ac3,eac3,flac,wav,w64,aiff,caf,au,amr,dts,truehd,tta,wv,\
h264,hevc,m4v,mpegvideo,ivf,obu,av1,gif,mxf,dv,yuv4mpegpipe

DECODERS=h264,hevc,vp8,vp9,libdav1d,mpeg4,mpeg2video,mpeg1video,h263,h263p,flv,msmpeg4v1,msmpeg4v2,msmpeg4v3,\
wmv1,wmv2,wmv3,vc1,theora,mjpeg,prores,dnxhd,dvvideo,ffv1,huffyuv,utvideo,rawvideo,qtrle,png,gif,\
aac,aac_latm,mp3float,mp2float,opus,vorbis,flac,alac,ac3,eac3,dca,truehd,mlp,tta,wavpack,wmav1,wmav2,wmapro,\
amrnb,amrwb,speex,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_swf,pcm_alaw,pcm_mulaw,\
pcm_s8,pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,\
pcm_bluray,pcm_dvd

ENCODERS=aac,mjpeg,pcm_s16le,pcm_f32le,rawvideo,wrapped_avframe

MUXERS=mp4,mov,wav,null

PARSERS=h264,hevc,vp8,vp9,av1,mpeg4video,mpegvideo,h263,vc1,mjpeg,png,gif,aac,aac_latm,mpegaudio,opus,vorbis,flac,\
ac3,dca,mlp,amr,dnxhd,tak

BSFS=h264_mp4toannexb,hevc_mp4toannexb,extract_extradata,aac_adtstoasc,vp9_superframe,vp9_superframe_split,\
av1_frame_merge,av1_frame_split,mpeg4_unpack_bframes,setts,null

FILTERS=null,anull,scale,crop,pad,transpose,hflip,vflip,format,aformat,fps,setsar,setpts,setparams,zscale,tonemap,\
bwdif,split,overlay,gblur,boxblur,aresample,atrim,asetpts,apad,pan,volume,alimiter

# Encoders by licence. gpl: x264 and x265. lgpl: OpenH264 (BSD) in their place, and no GPL code at all.
flavour_flags() {
  case $1 in
    gpl) echo "--enable-gpl --enable-version3 --enable-libx264 --enable-libx265" ;;
    lgpl) echo "--enable-libopenh264" ;;
  esac
}
flavour_encoders() {
  case $1 in
    gpl) echo libx264,libx265 ;;
    lgpl) echo libopenh264 ;;
  esac
}
flavour_packages() {
  case $1 in
    gpl) echo "libx264-dev libx265-dev libnuma-dev" ;;
    lgpl) echo "libopenh264-dev" ;;
  esac
}
flavour_libraries() { # as pkg-config calls them
  case $1 in
    gpl) echo "x264 x265" ;;
    lgpl) echo "openh264" ;;
  esac
}
