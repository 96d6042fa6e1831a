package oidc

func init() { keyBits = 2048 } // is made faster
