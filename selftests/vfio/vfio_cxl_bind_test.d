vfio_cxl_bind_test: vfio_cxl_bind_test.c \
 /src/selftests/vfio/bind/change.h /src/selftests/vfio/bind/component.h \
 /src/selftests/vfio/lib/pci.h /src/selftests/vfio/lib/util.h \
 /src/selftests/vfio/lib/kmsg.h /src/selftests/vfio/lib/text.h \
 /src/selftests/vfio/lib/module.h /src/selftests/vfio/bind/state.h \
 /src/selftests/vfio/lib/text.h /src/selftests/vfio/lib/tap.h \
 /src/selftests/vfio/bind/user.h /src/selftests/vfio/lib/cxl_dev.h \
 /src/selftests/vfio/lib/vfio_dev.h /src/selftests/vfio/lib/pci.h \
 /src/selftests/vfio/../../include/uapi/linux/cxl_vfio_pci.h \
 /src/selftests/vfio/../../include/uapi/cxl/cxl_regs.h
/src/selftests/vfio/bind/change.h:
/src/selftests/vfio/bind/component.h:
/src/selftests/vfio/lib/pci.h:
/src/selftests/vfio/lib/util.h:
/src/selftests/vfio/lib/kmsg.h:
/src/selftests/vfio/lib/text.h:
/src/selftests/vfio/lib/module.h:
/src/selftests/vfio/bind/state.h:
/src/selftests/vfio/lib/text.h:
/src/selftests/vfio/lib/tap.h:
/src/selftests/vfio/bind/user.h:
/src/selftests/vfio/lib/cxl_dev.h:
/src/selftests/vfio/lib/vfio_dev.h:
/src/selftests/vfio/lib/pci.h:
/src/selftests/vfio/../../include/uapi/linux/cxl_vfio_pci.h:
/src/selftests/vfio/../../include/uapi/cxl/cxl_regs.h:
