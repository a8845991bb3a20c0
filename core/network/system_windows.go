package network

import (
	"context"
	"strings"
	"syscall"
	"unsafe"
)

// systemProxy returns the setting of Windows, which is in the registry.
func systemProxy(context.Context) SystemProxy {
	path, err := syscall.UTF16PtrFromString(`Software\Microsoft\Windows\CurrentVersion\Internet Settings`)
	if err != nil {
		return SystemProxy{}
	}
	var key syscall.Handle
	if syscall.RegOpenKeyEx(syscall.HKEY_CURRENT_USER, path, 0, syscall.KEY_READ, &key) != nil {
		return SystemProxy{}
	}
	defer syscall.RegCloseKey(key)
	if address := registryText(key, "AutoConfigURL"); address != "" {
		return SystemProxy{Source: "Windows", Automatic: true, Host: hostIn(address)}
	}
	if !registryOn(key, "ProxyEnable") {
		return SystemProxy{}
	}
	if host := windowsProxy(registryText(key, "ProxyServer")); host != "" {
		return SystemProxy{Source: "Windows", Host: host}
	}
	return SystemProxy{}
}

// windowsProxy returns the proxy for https in a value like host:80 or http=host:80;https=host:81.
func windowsProxy(value string) string {
	for part := range strings.SplitSeq(value, ";") {
		scheme, address, found := strings.Cut(part, "=")
		if !found {
			address = part
		}
		if !found || strings.EqualFold(strings.TrimSpace(scheme), "https") {
			return hostIn("http://" + strings.TrimPrefix(strings.TrimSpace(address), "http://"))
		}
	}
	return ""
}

// maxValue is the largest size of a value that is read from the registry, in UTF-16 units.
const maxValue = 2048

// registryText returns a text in the registry, or "".
func registryText(key syscall.Handle, name string) string {
	var kind uint32
	var value [maxValue]uint16
	size := uint32(len(value) * 2)
	pointer, err := syscall.UTF16PtrFromString(name)
	if err != nil || syscall.RegQueryValueEx(key, pointer, nil, &kind, (*byte)(unsafe.Pointer(&value[0])), &size) != nil || kind != syscall.REG_SZ {
		return ""
	}
	return syscall.UTF16ToString(value[:size/2])
}

// registryOn reports whether a number in the registry is not zero.
func registryOn(key syscall.Handle, name string) bool {
	var kind, value uint32
	size := uint32(unsafe.Sizeof(value))
	pointer, err := syscall.UTF16PtrFromString(name)
	return err == nil && syscall.RegQueryValueEx(key, pointer, nil, &kind, (*byte)(unsafe.Pointer(&value)), &size) == nil && kind == syscall.REG_DWORD && value != 0
}
