// Command relay is a proxy for a browser that runs outside of Wine: it asks what the browser asks, as a program of the same Windows. Wine tells
// the programs in it whose a connection is only when it comes from another of them. The relay is no part of the product.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

func main() {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", l.Addr())
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host }}
	server := http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
