# Text files as C strings: cmake -DOUT=FILE.c -DHEADER=NAME.h -DFILES="a.css;b.js" -P embed_text.cmake
# report.css becomes report_css[]; of a .js file report_js_digest[] too: its SHA-256 in base64, as a
# content security policy wants it.

# Three bytes, six hexadecimal digits, are four digits of base64.
function(hex_to_base64 hex out)
    set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
    string(APPEND hex 00) # 32 bytes lack one
    set(text "")
    foreach(at RANGE 0 60 6)
        string(SUBSTRING ${hex} ${at} 6 three)
        foreach(shift 18 12 6 0)
            math(EXPR digit "(0x${three} >> ${shift}) & 63")
            string(SUBSTRING ${alphabet} ${digit} 1 letter)
            string(APPEND text ${letter})
        endforeach()
    endforeach()
    string(REGEX REPLACE "A$" "=" text ${text})
    set(${out} ${text} PARENT_SCOPE)
endfunction()

set(code "/* Made by cmake/embed_text.cmake. */\n#include \"${HEADER}\"\n")
foreach(file ${FILES})
    cmake_path(GET file FILENAME name)
    string(MAKE_C_IDENTIFIER ${name} name)
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes ${bytes})
    string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes ${bytes})
    string(APPEND code "\nconst char ${name}[] = {\n${bytes}0};\n")
    if(file MATCHES "\\.js$")
        file(SHA256 ${file} digest)
        hex_to_base64(${digest} digest)
        string(APPEND code "\nconst char ${name}_digest[] = \"${digest}\";\n")
    endif()
endforeach()
file(WRITE ${OUT} "${code}")
